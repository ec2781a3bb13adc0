UNWIND $ids AS key
MATCH (n:Item {id: key})
RETURN n.id AS id, n.title AS title
