UNWIND $ids AS key
MATCH (n:Segment {id: key})
OPTIONAL MATCH (v:Item)-[:HAS_SEGMENT]->(n)
RETURN n.id AS id, v.title AS title, v.id AS video, n.start_s AS start_s, n.end_s AS end_s
