// what: what a user has not chosen yet and may like: candidates by the vector index (cosine), ranked by dot product
// parameters: user string; label label = Item; property name = transgrec; candidates int64 = 1000; limit int64 = 20
// example: graphrec query recommend_by_index -p user=12 -p property=transgrec
MATCH (u:User {id: $user})
WHERE u.`{property}` IS NOT NULL
CALL db.index.vector.queryNodes('graphrec_{label}_{property}', $candidates, u.`{property}`) YIELD node AS n
WHERE (n:{label}) AND NOT EXISTS { (u)-[:RATED|LIKED|VIEWED|HIGHLIGHTED]->(n) }
WITH n, reduce(sum = 0.0, at IN range(0, size(n.`{property}`) - 1) | sum + u.`{property}`[at] * n.`{property}`[at]) AS score
RETURN n.id AS id, n.title AS title, score
ORDER BY score DESC, id
LIMIT $limit
