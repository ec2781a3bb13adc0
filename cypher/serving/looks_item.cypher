UNWIND $ids AS key
MATCH (n:Item {id: key})
OPTIONAL MATCH (n)-[:IN_GENRE]->(g:Genre)
RETURN n.id AS id, n.kind AS kind, n.title AS title, n.thumbnail AS picture, n.year AS year, n.duration_s AS end_s,
       collect(coalesce(g.name, g.id)) AS genres
