MATCH (n:`{label}` {id: $id})<-[e:`{type}`]-(m:`{other}`)
RETURN m.id AS id{properties}
ORDER BY id
LIMIT $limit
