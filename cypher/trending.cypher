// what: items and segments that the most users chose between two times (epoch milliseconds, until is left out)
// parameters: since int64 = 0; until int64 = 9999999999999; min_rating float64 = 4; limit int64 = 20
// example: graphrec query trending -p since=1451606400000 -p until=1483228800000
MATCH (u:User)-[e:RATED|LIKED|VIEWED|HIGHLIGHTED]->(n:Item|Segment)
WHERE e.at >= $since AND e.at < $until AND (e.rating >= $min_rating OR type(e) <> 'RATED' AND NOT EXISTS { MATCH (u)-[low:RATED]->(n) WHERE low.rating < $min_rating })
WITH n, count(DISTINCT u.id) AS users, max(e.at) AS last_at
ORDER BY users DESC, n.id
LIMIT $limit
OPTIONAL MATCH (:User)-[r:RATED]->(n)
WHERE r.at >= $since AND r.at < $until
RETURN n.id AS id, n.title AS title, n.start_s AS start_s, users, avg(r.rating) AS mean_rating, last_at
ORDER BY users DESC, id
