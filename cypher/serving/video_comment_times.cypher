MATCH (v:Item {id: $video})-[:HAS_SEGMENT|HAS_FRAME*0..2]->(t:Item|Segment|Frame)<-[:`ON`]-(c:Comment)
WHERE c.time_s IS NOT NULL
RETURN DISTINCT c.id AS id, c.time_s AS time_s
ORDER BY time_s, id
LIMIT $limit
