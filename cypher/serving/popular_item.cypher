MATCH (:User)-[e:RATED|LIKED|VIEWED]->(n:Item)
RETURN n.id AS id, count(e) AS score
ORDER BY score DESC, id
LIMIT $limit
