MATCH (v:Item {id: $video})-[:HAS_SEGMENT|HAS_FRAME*1..2]->(f:Frame)
RETURN DISTINCT f.id AS id, f.time_s AS time_s, f.uri AS uri
ORDER BY coalesce(time_s, 0.0), id
LIMIT $limit
