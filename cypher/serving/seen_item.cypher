MATCH (u:User {id: $user})-[:RATED|LIKED|VIEWED]->(n:Item)
RETURN DISTINCT n.id AS id
