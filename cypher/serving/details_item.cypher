MATCH (n:Item)
WHERE n.id IN $ids
RETURN n.id AS id, n.title AS title
