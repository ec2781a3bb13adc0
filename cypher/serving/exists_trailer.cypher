MATCH (n:Trailer {id: $id})
RETURN n.id AS id
