MATCH (u:User {id: $user})-[e:LIKED]->(n:Frame)
WHERE {positive e from u to n}
RETURN DISTINCT n.id AS id
UNION ALL
MATCH (u:User {id: $user})-[:WROTE]->(c:Comment)-[:`ON`]->(n:Frame)
WHERE c.polarity >= 0.5 AND coalesce(c.left_out, '') = '' AND NOT EXISTS { MATCH (u)-[:LIKED]->(n) }
RETURN DISTINCT n.id AS id
