MATCH (:Trailer {id: $trailer})-[:HAS_FRAME]->(f:Frame)
RETURN f.id AS id, f.time_s AS time_s, f.uri AS uri
ORDER BY coalesce(time_s, 0.0), id
LIMIT $limit
