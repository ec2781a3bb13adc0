MATCH (other:User)-[e:LIKED]->(n:Frame)
WHERE n.id IN $ids AND other.id <> $user AND {positive e from other to n}
RETURN n.id AS id, count(DISTINCT other) AS users
