// what: everything a user rated, liked, viewed or highlighted, the latest first
// parameters: user string; limit int64 = 20
// example: graphrec query history -p user=12
MATCH (u:User {id: $user})-[e:RATED|LIKED|VIEWED|HIGHLIGHTED]->(n:Item|Segment|Frame)
OPTIONAL MATCH (video:Item)-[:HAS_SEGMENT|HAS_FRAME]->(n)
RETURN n.id AS id, n.title AS title, min(video.id) AS video, coalesce(n.start_s, n.time_s) AS start_s, n.end_s AS end_s,
       max(e.rating) AS rating, max(e.at) AS at, max(e.sequence) AS sequence
ORDER BY coalesce(at, 0) DESC, coalesce(sequence, -1) DESC, id
LIMIT $limit
