MATCH (:User)-[e:HIGHLIGHTED]->(n:Segment)
RETURN n.id AS id, count(e) AS score
ORDER BY score DESC, id
