UNWIND $ids AS key
MATCH (v:Item {id: key})-[:HAS_FRAME]->(n:Frame)
RETURN v.id AS item, n.id AS id, n.time_s AS time_s, n.uri AS uri
UNION ALL
UNWIND $ids AS key
MATCH (v:Item {id: key})-[:HAS_SEGMENT]->(:Segment)-[:HAS_FRAME]->(n:Frame)
RETURN v.id AS item, n.id AS id, n.time_s AS time_s, n.uri AS uri
UNION ALL
UNWIND $ids AS key
MATCH (v:Item {id: key})-[:HAS_TRAILER]->(:Trailer)-[:HAS_FRAME]->(n:Frame)
RETURN v.id AS item, n.id AS id, n.time_s AS time_s, n.uri AS uri
