MATCH (other:User)-[e:HIGHLIGHTED]->(n:Segment)
WHERE n.id IN $ids AND other.id <> $user AND {positive e from other to n}
RETURN n.id AS id, count(DISTINCT other) AS users
