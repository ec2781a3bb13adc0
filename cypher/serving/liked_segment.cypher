MATCH (u:User {id: $user})-[e:HIGHLIGHTED]->(n:Segment)
WHERE {positive e from u to n}
RETURN DISTINCT n.id AS id
