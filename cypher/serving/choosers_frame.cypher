MATCH (other:User)-[e:LIKED]->(n:Frame)
WHERE n.id IN $ids AND other.id <> $user AND {positive e from other to n}
RETURN n.id AS id, count(DISTINCT other) AS users
UNION ALL
MATCH (other:User)-[:WROTE]->(c:Comment)-[:`ON`]->(n:Frame)
WHERE n.id IN $ids AND other.id <> $user AND c.polarity >= 0.5 AND coalesce(c.left_out, '') = ''
  AND NOT EXISTS { MATCH (other)-[:LIKED]->(n) }
RETURN n.id AS id, count(DISTINCT other) AS users
