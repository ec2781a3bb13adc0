// what: items and segments that the most users rated, liked, viewed or highlighted
// parameters: limit int64 = 20
// example: graphrec query popular
MATCH (u:User)-[e:RATED|LIKED|VIEWED|HIGHLIGHTED]->(n:Item|Segment)
RETURN n.id AS id, n.title AS title, n.start_s AS start_s, count(DISTINCT u.id) AS users, avg(e.rating) AS mean_rating
ORDER BY users DESC, id
LIMIT $limit
