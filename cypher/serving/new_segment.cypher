MATCH (v:Item)-[:HAS_SEGMENT]->(n:Segment)
WHERE NOT EXISTS { MATCH (:User)-[:RATED|LIKED|VIEWED]->(v) }
  AND NOT EXISTS { MATCH (v)-[:HAS_SEGMENT]->(:Segment)<-[:HIGHLIGHTED]-(:User) }
  AND NOT EXISTS { MATCH (v)-[:HAS_FRAME]->(:Frame)<-[:LIKED]-(:User) }
  AND NOT EXISTS { MATCH (v)-[:HAS_SEGMENT]->(:Segment)-[:HAS_FRAME]->(:Frame)<-[:LIKED]-(:User) }
RETURN n.id AS id
