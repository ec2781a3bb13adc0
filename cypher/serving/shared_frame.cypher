MATCH (mine:Frame)<-[theirs:LIKED]-(other:User)-[e:LIKED]->(n:Frame {id: $id})
WHERE mine.id IN $history AND other.id <> $user
  AND {positive theirs from other to mine} AND {positive e from other to n}
RETURN mine.id AS via, mine.id AS title, count(DISTINCT other) AS users
ORDER BY users DESC, via
LIMIT $limit
