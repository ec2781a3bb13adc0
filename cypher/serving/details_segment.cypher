MATCH (v:Item)-[:HAS_SEGMENT]->(n:Segment)
WHERE n.id IN $ids
RETURN n.id AS id, v.title AS title, v.id AS video, n.start_s AS start_s, n.end_s AS end_s
