MATCH (u:User {id: $user})-[e:LIKED]->(n:Frame)
WHERE {positive e from u to n}
RETURN DISTINCT n.id AS id
