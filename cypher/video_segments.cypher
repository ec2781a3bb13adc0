// what: the segments of a video in order
// parameters: video string; limit int64 = 20
// example: graphrec query video_segments -p video=2GSS6rSn5Gk
MATCH (v:Item {id: $video})-[:HAS_SEGMENT]->(s:Segment)
OPTIONAL MATCH (s)-[:HAS_FRAME]->(f:Frame)
RETURN s.id AS id, s.position AS position, s.start_s AS start_s, s.end_s AS end_s, count(f) AS frames
ORDER BY position, id
LIMIT $limit
