MATCH (n:`{label}` {id: $id})-[e:`{type}`]->(m:`{other}`)
WHERE m.id IN $ids
RETURN '{type}' AS type, m.id AS id
