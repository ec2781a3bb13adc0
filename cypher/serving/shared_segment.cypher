MATCH (u:User {id: $user})-[:HIGHLIGHTED]->(mine:Segment)<-[:HIGHLIGHTED]-(other:User)-[:HIGHLIGHTED]->(n:Segment {id: $id})
WHERE other.id <> u.id AND mine.id <> n.id
RETURN mine.id AS via, mine.id AS title, count(DISTINCT other) AS users
ORDER BY users DESC, via
LIMIT $limit
