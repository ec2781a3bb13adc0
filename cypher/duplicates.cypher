// what: items with the same title (in any case) and year
// parameters: limit int64 = 20
// example: graphrec query duplicates
MATCH (i:Item)
WHERE i.title IS NOT NULL
WITH toLower(i.title) AS title, i.year AS year, count(i) AS items, collect(i.id) AS ids
WHERE items > 1
RETURN title, year, items, ids
ORDER BY items DESC, title, coalesce(year, 0)
LIMIT $limit
