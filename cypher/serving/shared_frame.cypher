MATCH (u:User {id: $user})-[:LIKED]->(mine:Frame)<-[:LIKED]-(other:User)-[:LIKED]->(n:Frame {id: $id})
WHERE other.id <> u.id AND mine.id <> n.id
RETURN mine.id AS via, mine.id AS title, count(DISTINCT other) AS users
ORDER BY users DESC, via
LIMIT $limit
