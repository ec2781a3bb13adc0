MATCH (n:Item {id: $id})-[:IN_GENRE]->(g:Genre)<-[:IN_GENRE]-(mine:Item)
WHERE mine.id IN $history AND mine.id <> n.id
RETURN g.id AS id, coalesce(g.name, g.id) AS name, count(DISTINCT mine) AS things
ORDER BY things DESC, id
LIMIT $limit
