UNWIND $ids AS key
MATCH (n:`{label}` {id: key})-[:`{type}`]->(m:`{other}`)
RETURN n.id AS id, m.id AS value
ORDER BY id, value
