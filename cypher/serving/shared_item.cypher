MATCH (mine:Item)<-[theirs:RATED|LIKED|VIEWED]-(other:User)-[e:RATED|LIKED|VIEWED]->(n:Item {id: $id})
WHERE mine.id IN $history AND other.id <> $user
  AND {positive theirs from other to mine} AND {positive e from other to n}
RETURN mine.id AS via, mine.title AS title, count(DISTINCT other) AS users
ORDER BY users DESC, via
LIMIT $limit
