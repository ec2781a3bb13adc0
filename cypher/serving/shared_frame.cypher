// Ordered and cut by who asks: ORDER BY and LIMIT in both halves of a union crash the embedded database.
MATCH (mine:Frame)<-[theirs:LIKED]-(other:User)-[e:LIKED]->(n:Frame {id: $id})
WHERE mine.id IN $history AND other.id <> $user
  AND {positive theirs from other to mine} AND {positive e from other to n}
RETURN mine.id AS via, mine.id AS title, count(DISTINCT other) AS users
UNION ALL
MATCH (mine:Frame)<-[:`ON`]-(theirs:Comment)<-[:WROTE]-(other:User)-[:WROTE]->(c:Comment)-[:`ON`]->(n:Frame {id: $id})
WHERE mine.id IN $history AND other.id <> $user AND {praise c of n by other}
  AND {praise theirs of mine by other}
  AND NOT (
    EXISTS { MATCH (mine)<-[e:LIKED]-(other) WHERE {positive e from other to mine} }
    AND EXISTS { MATCH (other)-[e:LIKED]->(n) WHERE {positive e from other to n} }
  )
RETURN mine.id AS via, mine.id AS title, count(DISTINCT other) AS users
