MATCH (u:User {id: $user})-[e:LIKED]->(n:Frame)
WHERE {positive e from u to n}
RETURN DISTINCT n.id AS id
UNION ALL
MATCH (u:User {id: $user})-[:WROTE]->(c:Comment)-[:`ON`]->(n:Frame)
WHERE {praise c of n by u} AND NOT EXISTS { MATCH (u)-[e:LIKED]->(n) WHERE {positive e from u to n} }
RETURN DISTINCT n.id AS id
