MATCH (u:User {id: $user})-[:RATED|LIKED|VIEWED]->(mine:Item)<-[:RATED|LIKED|VIEWED]-(other:User)-[:RATED|LIKED|VIEWED]->(n:Item {id: $id})
WHERE other.id <> u.id AND mine.id <> n.id
RETURN mine.id AS via, mine.title AS title, count(DISTINCT other) AS users
ORDER BY users DESC, via
LIMIT $limit
