MATCH (n:User)-[e:RATED|LIKED|VIEWED|HIGHLIGHTED]->(:Item|Segment|Frame)
RETURN n.id AS id, count(e) AS score
ORDER BY score DESC, id
