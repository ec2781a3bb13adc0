// what: items and segments that the most users chose; a rating counts from min_rating on, and who rated lower is left out
// parameters: min_rating float64 = 4; limit int64 = 20
// example: graphrec query popular
MATCH (u:User)-[e:RATED|LIKED|VIEWED|HIGHLIGHTED]->(n:Item|Segment)
WHERE (e.rating >= $min_rating OR type(e) <> 'RATED' AND NOT EXISTS { MATCH (u)-[low:RATED]->(n) WHERE low.rating < $min_rating })
WITH n, count(DISTINCT u.id) AS users
ORDER BY users DESC, n.id
LIMIT $limit
OPTIONAL MATCH (:User)-[r:RATED]->(n)
RETURN n.id AS id, n.title AS title, n.start_s AS start_s, users, avg(r.rating) AS mean_rating
ORDER BY users DESC, id
