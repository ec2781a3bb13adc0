MATCH (u:User)-[:HIGHLIGHTED]->(n:Segment)
WHERE {u of users}
RETURN DISTINCT u.id AS user, n.id AS id
