MATCH (other:User)-[e:LIKED]->(n:Frame)
WHERE n.id IN $ids AND other.id <> $user AND {positive e from other to n}
RETURN n.id AS id, count(DISTINCT other) AS users
UNION ALL
MATCH (other:User)-[:WROTE]->(c:Comment)-[:`ON`]->(n:Frame)
WHERE n.id IN $ids AND other.id <> $user AND {praise c of n by other}
  AND NOT EXISTS { MATCH (other)-[e:LIKED]->(n) WHERE {positive e from other to n} }
RETURN n.id AS id, count(DISTINCT other) AS users
