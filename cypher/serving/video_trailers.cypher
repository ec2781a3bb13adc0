MATCH (v:Item {id: $video})-[:HAS_TRAILER]->(t:Trailer)
RETURN t.id AS id, t.uri AS uri, t.duration_s AS duration_s, t.views AS views, t.likes AS likes, t.dislikes AS dislikes
ORDER BY id
