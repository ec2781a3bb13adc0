MATCH (mine:Segment)<-[:HIGHLIGHTED]-(other:User)-[:HIGHLIGHTED]->(n:Segment {id: $id})
WHERE mine.id IN $ids AND other.id <> $user
RETURN DISTINCT mine.id AS via, other.id AS other
ORDER BY other, via
LIMIT $limit
