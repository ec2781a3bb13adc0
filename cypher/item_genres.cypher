// what: the genres of an item, and how many items each has
// parameters: item string; limit int64 = 20
// example: graphrec query item_genres -p item=1
MATCH (i:Item {id: $item})-[:IN_GENRE]->(g:Genre)
MATCH (g)<-[:IN_GENRE]-(other:Item)
RETURN g.id AS id, g.name AS name, count(other) AS items
ORDER BY id
LIMIT $limit
