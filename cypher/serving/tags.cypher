MATCH (c:Comment)-[:`ON`]->(n:Item {id: $id})
WHERE c.time_s IS NULL AND c.text IS NOT NULL
RETURN DISTINCT toLower(c.text) AS tag
