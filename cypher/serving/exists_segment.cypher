MATCH (n:Segment {id: $id})
RETURN n.id AS id
