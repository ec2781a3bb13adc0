// what: items that nobody has rated, liked or viewed, nor any segment or frame of them, the last added first
// parameters: limit int64 = 20
// example: graphrec query cold_items
MATCH (i:Item)
WHERE NOT EXISTS { MATCH (:User)-[:RATED|LIKED|VIEWED]->(i) }
  AND NOT EXISTS { MATCH (:User)-[:HIGHLIGHTED]->(:Segment)<-[:HAS_SEGMENT]-(i) }
  AND NOT EXISTS { MATCH (:User)-[:LIKED]->(:Frame)<-[:HAS_FRAME]-(i) }
  AND NOT EXISTS { MATCH (:User)-[:LIKED]->(:Frame)<-[:HAS_FRAME]-(:Segment)<-[:HAS_SEGMENT]-(i) }
RETURN i.id AS id, i.kind AS kind, i.title AS title, i.year AS year
ORDER BY coalesce(i.added_at, 0) DESC, coalesce(i.year, 0) DESC, id
LIMIT $limit
