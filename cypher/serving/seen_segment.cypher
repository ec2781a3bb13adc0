MATCH (u:User {id: $user})-[:HIGHLIGHTED]->(n:Segment)
RETURN DISTINCT n.id AS id
