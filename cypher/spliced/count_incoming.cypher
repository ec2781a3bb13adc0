MATCH (n:`{label}` {id: $id})<-[e:`{type}`]-(m:`{other}`)
RETURN '{type}' AS type, 'incoming' AS way, '{other}' AS label, count(e) AS total
