// what: segments that nobody has highlighted, with their video
// parameters: limit int64 = 20
// example: graphrec query cold_segments
MATCH (v:Item)-[:HAS_SEGMENT]->(s:Segment)
WHERE NOT EXISTS { MATCH (:User)-[:HIGHLIGHTED]->(s) }
RETURN v.id AS video, s.id AS id, s.start_s AS start_s, s.end_s AS end_s
ORDER BY video, start_s, id
LIMIT $limit
