// what: per label, how many nodes carry the embeddings in a property
// parameters: property name = transgrec
// example: graphrec query embedding_coverage -p property=transgrec
MATCH (n:User|Item|Segment|Frame)
RETURN labels(n)[0] AS label, count(n.`{property}`) AS embedded, count(n) AS nodes
ORDER BY label
