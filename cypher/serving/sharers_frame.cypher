// Ordered and cut by who asks: ORDER BY and LIMIT in both halves of a union crash the embedded database.
MATCH (mine:Frame)<-[theirs:LIKED]-(other:User)-[e:LIKED]->(n:Frame {id: $id})
WHERE mine.id IN $ids AND other.id <> $user
  AND {positive theirs from other to mine} AND {positive e from other to n}
RETURN DISTINCT mine.id AS via, other.id AS other
UNION ALL
MATCH (mine:Frame)<-[:`ON`]-(theirs:Comment)<-[:WROTE]-(other:User)-[:WROTE]->(c:Comment)-[:`ON`]->(n:Frame {id: $id})
WHERE mine.id IN $ids AND other.id <> $user AND c.polarity >= 0.5 AND coalesce(c.left_out, '') = ''
  AND theirs.polarity >= 0.5 AND coalesce(theirs.left_out, '') = ''
  AND NOT (EXISTS { MATCH (mine)<-[:LIKED]-(other) } AND EXISTS { MATCH (other)-[:LIKED]->(n) })
RETURN DISTINCT mine.id AS via, other.id AS other
