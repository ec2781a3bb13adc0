UNWIND $ids AS key
MATCH (n:`{label}` {id: key})
RETURN n.id AS id{properties}
ORDER BY id
