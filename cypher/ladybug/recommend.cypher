// what: what a user has not chosen yet and may like, by the dot product of embeddings
// parameters: user string; label label = Item; property name = transgrec; limit int64 = 20
// example: graphrec query recommend -p user=12 -p property=transgrec
MATCH (u:User {id: $user}), (n:Item|Segment|Frame)
WHERE label(n) = '{label}' AND u.`{property}` IS NOT NULL AND n.`{property}` IS NOT NULL
  AND NOT EXISTS { MATCH (u)-[:RATED|LIKED|VIEWED|HIGHLIGHTED]->(n) }
  AND NOT EXISTS { MATCH (u)-[:HIGHLIGHTED]->(:Segment)<-[:HAS_SEGMENT]-(n) }
RETURN n.id AS id, n.title AS title, dot(u.`{property}`, n.`{property}`) AS score
ORDER BY score DESC, id
LIMIT $limit
