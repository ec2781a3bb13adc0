// what: the genres of the items a user rated, liked or viewed, with the user's mean rating
// parameters: user string; limit int64 = 20
// example: graphrec query genre_profile -p user=12
MATCH (u:User {id: $user})-[e:RATED|LIKED|VIEWED]->(i:Item)-[:IN_GENRE]->(g:Genre)
RETURN coalesce(g.name, g.id) AS genre, count(DISTINCT i.id) AS items, avg(e.rating) AS mean_rating
ORDER BY items DESC, genre
LIMIT $limit
