// what: per label, how many nodes carry the embeddings in a property
// parameters: property name = transgrec
// example: graphrec query embedding_coverage -p property=transgrec
MATCH (n:User|Item|Segment|Frame)
RETURN [label IN labels(n) WHERE label IN ['User', 'Item', 'Segment', 'Frame']][0] AS label, count(n.`{property}`) AS embedded, count(n) AS nodes
ORDER BY label
