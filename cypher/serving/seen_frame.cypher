MATCH (u:User)-[:LIKED]->(n:Frame)
WHERE {u of users}
RETURN DISTINCT u.id AS user, n.id AS id
UNION ALL
MATCH (u:User)-[:WROTE]->(:Comment)-[:`ON`]->(n:Frame)
WHERE {u of users} AND NOT EXISTS { MATCH (u)-[:LIKED]->(n) }
RETURN DISTINCT u.id AS user, n.id AS id
