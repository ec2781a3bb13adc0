MATCH (c:Comment)-[:`ON`]->(mine:Item)
WHERE mine.id IN $history AND c.time_s IS NULL AND toLower(c.text) IN $tags
RETURN toLower(c.text) AS name, count(DISTINCT mine) AS things
ORDER BY things DESC, name
LIMIT $limit
