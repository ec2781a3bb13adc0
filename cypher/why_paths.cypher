// what: the paths user -> shared item -> other user -> recommended item or segment; a rating counts from min_rating on
// parameters: user string; id string; min_rating float64 = 4; limit int64 = 20
// example: graphrec query why_paths -p user=12 -p id=1
MATCH (u:User {id: $user})-[a:RATED|LIKED|VIEWED|HIGHLIGHTED]->(shared:Item|Segment)<-[b:RATED|LIKED|VIEWED|HIGHLIGHTED]-(other:User)-[c:RATED|LIKED|VIEWED|HIGHLIGHTED]->(n:Item|Segment {id: $id})
WHERE other.id <> u.id AND shared.id <> n.id
  AND (a.rating >= $min_rating OR type(a) <> 'RATED' AND NOT EXISTS { MATCH (u)-[low:RATED]->(shared) WHERE low.rating < $min_rating }) AND (b.rating >= $min_rating OR type(b) <> 'RATED' AND NOT EXISTS { MATCH (other)-[lower:RATED]->(shared) WHERE lower.rating < $min_rating })
  AND (c.rating >= $min_rating OR type(c) <> 'RATED' AND NOT EXISTS { MATCH (other)-[lowest:RATED]->(n) WHERE lowest.rating < $min_rating })
RETURN DISTINCT u.id AS user, shared.id AS shared, shared.title AS shared_title, other.id AS other, n.id AS id, n.title AS title
ORDER BY shared, other
LIMIT $limit
