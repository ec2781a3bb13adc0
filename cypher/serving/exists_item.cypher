MATCH (n:Item {id: $id})
RETURN n.id AS id
