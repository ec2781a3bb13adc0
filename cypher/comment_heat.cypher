// what: the segments of a video by how many comments fall on them
// parameters: video string; limit int64 = 20
// example: graphrec query comment_heat -p video=1050
MATCH (v:Item {id: $video})-[:HAS_SEGMENT]->(s:Segment)
OPTIONAL MATCH (c:Comment)-[:`ON`]->(s)
OPTIONAL MATCH (u:User)-[:WROTE]->(c)
RETURN s.id AS id, s.start_s AS start_s, s.end_s AS end_s, count(DISTINCT c.id) AS comments, count(DISTINCT u.id) AS users
ORDER BY comments DESC, start_s, id
LIMIT $limit
