MATCH (n:Frame {id: $id})
RETURN n.id AS id
