// what: per label, how many nodes carry the embeddings in a property
// parameters: property name = transgrec
// example: graphrec query embedding_coverage -p property=transgrec
MATCH (n:User|Item|Segment|Frame)
WITH n, CASE WHEN (n:User) THEN 'User' WHEN (n:Item) THEN 'Item' WHEN (n:Segment) THEN 'Segment' ELSE 'Frame' END AS label
RETURN label, count(n.`{property}`) AS embedded, count(n) AS nodes
ORDER BY label
