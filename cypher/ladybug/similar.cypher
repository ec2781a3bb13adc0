// what: the nodes of a label whose embeddings are nearest to a node's (cosine, -1 to 1)
// parameters: id string; label label = Item; property name = transgrec; limit int64 = 20
// example: graphrec query similar -p id=1 -p property=transgrec
MATCH (a:{label} {id: $id}), (b:{label})
WHERE b.id <> a.id AND a.`{property}` IS NOT NULL AND b.`{property}` IS NOT NULL
RETURN b.id AS id, cosine(a.`{property}`, b.`{property}`) AS similarity
ORDER BY similarity DESC, id
LIMIT $limit
