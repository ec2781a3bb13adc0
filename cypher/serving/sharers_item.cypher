MATCH (mine:Item)<-[:RATED|LIKED|VIEWED]-(other:User)-[:RATED|LIKED|VIEWED]->(n:Item {id: $id})
WHERE mine.id IN $ids AND other.id <> $user
RETURN DISTINCT mine.id AS via, other.id AS other
ORDER BY other, via
LIMIT $limit
