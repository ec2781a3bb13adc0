MATCH (mine:Segment)<-[theirs:HIGHLIGHTED]-(other:User)-[e:HIGHLIGHTED]->(n:Segment {id: $id})
WHERE mine.id IN $history AND other.id <> $user
  AND {positive theirs from other to mine} AND {positive e from other to n}
RETURN mine.id AS via, mine.id AS title, count(DISTINCT other) AS users
ORDER BY users DESC, via
LIMIT $limit
