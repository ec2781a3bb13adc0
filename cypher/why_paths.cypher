// what: the paths user -> shared item -> other user -> recommended item or segment
// parameters: user string; id string; limit int64 = 20
// example: graphrec query why_paths -p user=12 -p id=1
MATCH (u:User {id: $user})-[:RATED|LIKED|VIEWED|HIGHLIGHTED]->(shared:Item|Segment)<-[:RATED|LIKED|VIEWED|HIGHLIGHTED]-(other:User)-[:RATED|LIKED|VIEWED|HIGHLIGHTED]->(n:Item|Segment {id: $id})
WHERE other.id <> u.id AND shared.id <> n.id
RETURN DISTINCT u.id AS user, shared.id AS shared, shared.title AS shared_title, other.id AS other, n.id AS id, n.title AS title
ORDER BY shared, other
LIMIT $limit
