MATCH (u:User {id: $user})-[:WROTE]->(c:Comment)-[:`ON`]->(n:Item|Segment|Frame)
OPTIONAL MATCH (video:Item)-[:HAS_SEGMENT|HAS_FRAME]->(n)
RETURN n.id AS id, min(video.id) AS video, max(c.posted_at) AS at, count(DISTINCT c.id) AS comments
ORDER BY coalesce(at, 0) DESC, id
LIMIT $limit
