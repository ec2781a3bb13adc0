// Of a frame that several videos have, the row of the first by id comes last, and counts.
UNWIND $ids AS key
MATCH (n:Frame {id: key})
OPTIONAL MATCH (v:Item)-[:HAS_FRAME]->(n)
OPTIONAL MATCH (w:Item)-[:HAS_SEGMENT]->(:Segment)-[:HAS_FRAME]->(n)
RETURN DISTINCT n.id AS id, coalesce(v.id, w.id) AS video, n.time_s AS start_s,
       CASE WHEN v.id IS NULL THEN w.title ELSE v.title END AS title, n.uri AS picture
ORDER BY id, video DESC
