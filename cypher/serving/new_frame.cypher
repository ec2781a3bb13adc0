MATCH (v:Item)-[:HAS_FRAME]->(n:Frame)
WHERE NOT EXISTS { MATCH (:User)-[:RATED|LIKED|VIEWED]->(v) }
  AND NOT EXISTS { MATCH (v)-[:HAS_SEGMENT]->(:Segment)<-[:HIGHLIGHTED]-(:User) }
  AND NOT EXISTS { MATCH (v)-[:HAS_FRAME]->(:Frame)<-[:LIKED]-(:User) }
  AND NOT EXISTS { MATCH (v)-[:HAS_SEGMENT]->(:Segment)-[:HAS_FRAME]->(:Frame)<-[:LIKED]-(:User) }
  AND NOT EXISTS { MATCH (v)-[:HAS_FRAME]->(:Frame)<-[:`ON`]-(:Comment) }
  AND NOT EXISTS { MATCH (v)-[:HAS_SEGMENT]->(:Segment)-[:HAS_FRAME]->(:Frame)<-[:`ON`]-(:Comment) }
RETURN n.id AS id
UNION ALL
MATCH (v:Item)-[:HAS_SEGMENT]->(:Segment)-[:HAS_FRAME]->(n:Frame)
WHERE NOT EXISTS { MATCH (:User)-[:RATED|LIKED|VIEWED]->(v) }
  AND NOT EXISTS { MATCH (v)-[:HAS_SEGMENT]->(:Segment)<-[:HIGHLIGHTED]-(:User) }
  AND NOT EXISTS { MATCH (v)-[:HAS_FRAME]->(:Frame)<-[:LIKED]-(:User) }
  AND NOT EXISTS { MATCH (v)-[:HAS_SEGMENT]->(:Segment)-[:HAS_FRAME]->(:Frame)<-[:LIKED]-(:User) }
  AND NOT EXISTS { MATCH (v)-[:HAS_FRAME]->(:Frame)<-[:`ON`]-(:Comment) }
  AND NOT EXISTS { MATCH (v)-[:HAS_SEGMENT]->(:Segment)-[:HAS_FRAME]->(:Frame)<-[:`ON`]-(:Comment) }
RETURN n.id AS id
