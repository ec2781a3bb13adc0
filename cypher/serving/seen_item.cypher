MATCH (u:User {id: $user})-[:RATED|LIKED|VIEWED]->(n:Item)
RETURN DISTINCT n.id AS id
UNION ALL
MATCH (u:User {id: $user})-[:HIGHLIGHTED]->(:Segment)<-[:HAS_SEGMENT]-(n:Item)
WHERE NOT EXISTS { MATCH (u)-[:RATED|LIKED|VIEWED]->(n) }
RETURN DISTINCT n.id AS id
