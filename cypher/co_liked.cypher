// what: what those who liked an item or segment also liked; a rating counts from min_rating on
// parameters: id string; min_rating float64 = 4; limit int64 = 20
// example: graphrec query co_liked -p id=1
MATCH (x:Item|Segment {id: $id})<-[mine:RATED|LIKED|VIEWED|HIGHLIGHTED]-(u:User)
WHERE (mine.rating >= $min_rating OR type(mine) <> 'RATED' AND NOT EXISTS { MATCH (u)-[low:RATED]->(x) WHERE low.rating < $min_rating })
WITH DISTINCT u
MATCH (u)-[other:RATED|LIKED|VIEWED|HIGHLIGHTED]->(n:Item|Segment)
WHERE n.id <> $id AND (other.rating >= $min_rating OR type(other) <> 'RATED' AND NOT EXISTS { MATCH (u)-[lower:RATED]->(n) WHERE lower.rating < $min_rating })
RETURN n.id AS id, n.title AS title, n.start_s AS start_s, count(DISTINCT u.id) AS users
ORDER BY users DESC, id
LIMIT $limit
