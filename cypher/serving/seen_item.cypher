MATCH (u:User)-[:RATED|LIKED|VIEWED]->(n:Item)
WHERE {u of users}
RETURN DISTINCT u.id AS user, n.id AS id
UNION ALL
MATCH (u:User)-[:HIGHLIGHTED]->(:Segment)<-[:HAS_SEGMENT]-(n:Item)
WHERE {u of users} AND NOT EXISTS { MATCH (u)-[:RATED|LIKED|VIEWED]->(n) }
RETURN DISTINCT u.id AS user, n.id AS id
