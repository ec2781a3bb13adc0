// Of a segment with several frames the row of the first comes last, and counts.
UNWIND $ids AS key
MATCH (n:Segment {id: key})
OPTIONAL MATCH (v:Item)-[:HAS_SEGMENT]->(n)
OPTIONAL MATCH (n)-[:HAS_FRAME]->(f:Frame)
RETURN n.id AS id, v.title AS title, v.id AS video, n.start_s AS start_s, n.end_s AS end_s,
       coalesce(f.uri, v.thumbnail) AS picture
ORDER BY id, coalesce(f.time_s, 0.0) DESC, f.id DESC
