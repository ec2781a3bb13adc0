MATCH (n:Item)
WHERE NOT EXISTS { MATCH (:User)-[:RATED|LIKED|VIEWED]->(n) }
  AND NOT EXISTS { MATCH (n)-[:HAS_SEGMENT]->(:Segment)<-[:HIGHLIGHTED]-(:User) }
  AND NOT EXISTS { MATCH (n)-[:HAS_FRAME]->(:Frame)<-[:LIKED]-(:User) }
  AND NOT EXISTS { MATCH (n)-[:HAS_SEGMENT]->(:Segment)-[:HAS_FRAME]->(:Frame)<-[:LIKED]-(:User) }
RETURN n.id AS id
