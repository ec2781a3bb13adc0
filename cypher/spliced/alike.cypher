MATCH (n:`{label}`)
WHERE n.id STARTS WITH $start
RETURN n.id AS id
LIMIT 20000
