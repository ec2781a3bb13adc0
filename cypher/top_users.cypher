// what: the users with the most items, segments and frames
// parameters: limit int64 = 20
// example: graphrec query top_users
MATCH (u:User)-[e:RATED|LIKED|VIEWED|HIGHLIGHTED]->(n:Item|Segment|Frame)
RETURN u.id AS id, count(DISTINCT n.id) AS things, avg(e.rating) AS mean_rating, max(e.at) AS last_at
ORDER BY things DESC, id
LIMIT $limit
