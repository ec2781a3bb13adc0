MATCH (other:User)-[e:RATED|LIKED|VIEWED]->(n:Item)
WHERE n.id IN $ids AND other.id <> $user AND {positive e from other to n}
RETURN n.id AS id, count(DISTINCT other) AS users
