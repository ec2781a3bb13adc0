MATCH (v:Item {id: $video})-[:HAS_SEGMENT]->(n:Segment)
RETURN n.id AS id
