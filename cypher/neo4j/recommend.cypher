// what: what a user has not chosen yet and may like, by the dot product of embeddings
// parameters: user string; label label = Item; property name = transgrec; limit int64 = 20
// example: graphrec query recommend -p user=12 -p property=transgrec
MATCH (u:User {id: $user})
WHERE u.`{property}` IS NOT NULL
WITH u, COUNT { MATCH (u)-[:RATED|LIKED|VIEWED|HIGHLIGHTED]->() } AS chosen
// The index orders by cosine: many more than are wanted are fetched, and ranked by what the model ranks by.
CALL db.index.vector.queryNodes('graphrec_{label}_{property}', 1000 + 10 * $limit + chosen, u.`{property}`) YIELD node AS n
WHERE (n:{label})
  AND NOT EXISTS { MATCH (u)-[:RATED|LIKED|VIEWED|HIGHLIGHTED]->(n) }
  AND NOT EXISTS { MATCH (u)-[:HIGHLIGHTED]->(:Segment)<-[:HAS_SEGMENT]-(n) }
WITH n, reduce(sum = 0.0, at IN range(0, size(n.`{property}`) - 1) | sum + u.`{property}`[at] * n.`{property}`[at]) AS score
RETURN n.id AS id, n.title AS title, score
ORDER BY score DESC, id
LIMIT $limit
