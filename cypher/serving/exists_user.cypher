MATCH (n:User {id: $id})
RETURN n.id AS id
