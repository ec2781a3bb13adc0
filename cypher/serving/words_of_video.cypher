MATCH (v:Item {id: $video})-[:HAS_SEGMENT|HAS_FRAME*0..2]->(t:Item|Segment|Frame)<-[:`ON`]-(c:Comment)
WHERE c.words <> '' AND coalesce(c.left_out, '') = ''
RETURN DISTINCT c.id AS id, coalesce(c.moment_s, c.time_s) AS time_s, c.words AS words
