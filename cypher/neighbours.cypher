// what: the users most like a user: items and segments that both chose over those of either (Jaccard); a rating counts from min_rating on
// parameters: user string; min_rating float64 = 4; limit int64 = 20
// example: graphrec query neighbours -p user=12
MATCH (u:User {id: $user})-[e:RATED|LIKED|VIEWED|HIGHLIGHTED]->(n:Item|Segment)
WHERE (e.rating >= $min_rating OR type(e) <> 'RATED' AND NOT EXISTS { MATCH (u)-[low:RATED]->(n) WHERE low.rating < $min_rating })
WITH u, count(DISTINCT n.id) AS mine
MATCH (u)-[a:RATED|LIKED|VIEWED|HIGHLIGHTED]->(n:Item|Segment)<-[b:RATED|LIKED|VIEWED|HIGHLIGHTED]-(other:User)
WHERE other.id <> u.id AND (a.rating >= $min_rating OR type(a) <> 'RATED' AND NOT EXISTS { MATCH (u)-[lower:RATED]->(n) WHERE lower.rating < $min_rating }) AND (b.rating >= $min_rating OR type(b) <> 'RATED' AND NOT EXISTS { MATCH (other)-[lowest:RATED]->(n) WHERE lowest.rating < $min_rating })
WITH other, mine, count(DISTINCT n.id) AS shared
MATCH (other)-[o:RATED|LIKED|VIEWED|HIGHLIGHTED]->(n:Item|Segment)
WHERE (o.rating >= $min_rating OR type(o) <> 'RATED' AND NOT EXISTS { MATCH (other)-[least:RATED]->(n) WHERE least.rating < $min_rating })
WITH other, mine, shared, count(DISTINCT n.id) AS theirs
RETURN other.id AS id, shared, theirs, 1.0 * shared / (mine + theirs - shared) AS similarity
ORDER BY similarity DESC, id
LIMIT $limit
