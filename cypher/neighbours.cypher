// what: the users most like a user: shared items and segments over those of either (Jaccard)
// parameters: user string; limit int64 = 20
// example: graphrec query neighbours -p user=12
MATCH (u:User {id: $user})-[:RATED|LIKED|VIEWED|HIGHLIGHTED]->(n:Item|Segment)
WITH u, count(DISTINCT n.id) AS mine
MATCH (u)-[:RATED|LIKED|VIEWED|HIGHLIGHTED]->(n:Item|Segment)<-[:RATED|LIKED|VIEWED|HIGHLIGHTED]-(other:User)
WHERE other.id <> u.id
WITH other, mine, count(DISTINCT n.id) AS shared
MATCH (other)-[:RATED|LIKED|VIEWED|HIGHLIGHTED]->(n:Item|Segment)
WITH other, mine, shared, count(DISTINCT n.id) AS theirs
RETURN other.id AS id, shared, theirs, 1.0 * shared / (mine + theirs - shared) AS similarity
ORDER BY similarity DESC, id
LIMIT $limit
