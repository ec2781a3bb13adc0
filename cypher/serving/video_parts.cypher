MATCH (v:Item {id: $video})-[:HAS_SEGMENT]->(s:Segment)
OPTIONAL MATCH (u:User)-[:HIGHLIGHTED]->(s)
RETURN s.id AS id, s.start_s AS start_s, s.end_s AS end_s, count(DISTINCT u.id) AS users
ORDER BY coalesce(start_s, 0.0), id
