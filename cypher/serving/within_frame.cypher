MATCH (v:Item {id: $video})-[:HAS_FRAME]->(n:Frame)
RETURN n.id AS id
UNION ALL
MATCH (v:Item {id: $video})-[:HAS_SEGMENT]->(:Segment)-[:HAS_FRAME]->(n:Frame)
WHERE NOT EXISTS { MATCH (v)-[:HAS_FRAME]->(n) }
RETURN DISTINCT n.id AS id
