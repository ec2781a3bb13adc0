MATCH (u:User {id: $user})-[:LIKED]->(n:Frame)
RETURN DISTINCT n.id AS id
