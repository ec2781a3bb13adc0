// what: items and segments with the most users between two times (epoch milliseconds, until is left out)
// parameters: since int64 = 0; until int64 = 9999999999999; limit int64 = 20
// example: graphrec query trending -p since=1451606400000 -p until=1483228800000
MATCH (u:User)-[e:RATED|LIKED|VIEWED|HIGHLIGHTED]->(n:Item|Segment)
WHERE e.at >= $since AND e.at < $until
RETURN n.id AS id, n.title AS title, n.start_s AS start_s, count(DISTINCT u.id) AS users, avg(e.rating) AS mean_rating,
       max(e.at) AS last_at
ORDER BY users DESC, id
LIMIT $limit
