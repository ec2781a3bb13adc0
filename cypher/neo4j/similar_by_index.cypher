// what: like similar, by the vector index: fast among millions, and it may miss some of the nearest
// parameters: id string; label label = Item; property name = transgrec; limit int64 = 20
// example: graphrec query similar_by_index -p id=1 -p property=transgrec
MATCH (a:{label} {id: $id})
WHERE a.`{property}` IS NOT NULL
// The index leaves out some of the nearest, and hardly ever one of them among ten times as many.
CALL db.index.vector.queryNodes('graphrec_{label}_{property}', 10 * $limit + 1, a.`{property}`) YIELD node AS b, score
WHERE (b:{label}) AND b.id <> a.id
RETURN b.id AS id, 2 * score - 1 AS similarity
ORDER BY similarity DESC, id
LIMIT $limit
