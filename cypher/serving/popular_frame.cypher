MATCH (:User)-[e:LIKED]->(n:Frame)
RETURN n.id AS id, count(e) AS score
ORDER BY score DESC, id
