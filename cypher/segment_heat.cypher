// what: the segments of a video by how many users highlighted them
// parameters: video string; limit int64 = 20
// example: graphrec query segment_heat -p video=2GSS6rSn5Gk
MATCH (v:Item {id: $video})-[:HAS_SEGMENT]->(s:Segment)
OPTIONAL MATCH (u:User)-[:HIGHLIGHTED]->(s)
RETURN s.id AS id, s.start_s AS start_s, s.end_s AS end_s, count(u) AS users
ORDER BY users DESC, start_s, id
LIMIT $limit
