MATCH (mine:Segment)<-[theirs:HIGHLIGHTED]-(other:User)-[e:HIGHLIGHTED]->(n:Segment {id: $id})
WHERE mine.id IN $ids AND other.id <> $user
  AND {positive theirs from other to mine} AND {positive e from other to n}
RETURN DISTINCT mine.id AS via, other.id AS other
ORDER BY other, via
LIMIT $limit
