// Ordered and cut by who asks: ORDER BY and LIMIT in both halves of a union crash the embedded database.
MATCH (mine:Frame)<-[theirs:LIKED]-(other:User)-[e:LIKED]->(n:Frame {id: $id})
WHERE mine.id IN $ids AND other.id <> $user
  AND {positive theirs from other to mine} AND {positive e from other to n}
RETURN DISTINCT mine.id AS via, other.id AS other
UNION ALL
MATCH (mine:Frame)<-[:`ON`]-(theirs:Comment)<-[:WROTE]-(other:User)-[:WROTE]->(c:Comment)-[:`ON`]->(n:Frame {id: $id})
WHERE mine.id IN $ids AND other.id <> $user AND {praise c of n by other}
  AND {praise theirs of mine by other}
  AND NOT (
    EXISTS { MATCH (mine)<-[e:LIKED]-(other) WHERE {positive e from other to mine} }
    AND EXISTS { MATCH (other)-[e:LIKED]->(n) WHERE {positive e from other to n} }
  )
RETURN DISTINCT mine.id AS via, other.id AS other
