MATCH (mine:Item)<-[theirs:RATED|LIKED|VIEWED]-(other:User)-[e:RATED|LIKED|VIEWED]->(n:Item {id: $id})
WHERE mine.id IN $ids AND other.id <> $user
  AND {positive theirs from other to mine} AND {positive e from other to n}
RETURN DISTINCT mine.id AS via, other.id AS other
ORDER BY other, via
LIMIT $limit
