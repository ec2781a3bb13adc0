MATCH (n:`{label}`)
WHERE toLower(n.id) CONTAINS $text OR toLower(coalesce(n.`{property}`, '')) CONTAINS $text
RETURN n.id AS id{properties}
ORDER BY id
LIMIT $limit
