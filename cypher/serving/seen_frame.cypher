MATCH (u:User)-[:LIKED]->(n:Frame)
WHERE {u of users}
RETURN DISTINCT u.id AS user, n.id AS id
