// Ordered and cut by who asks: ORDER BY and LIMIT in both halves of a union crash the embedded database.
MATCH (n:User)-[e:RATED|LIKED|VIEWED|HIGHLIGHTED]->(:Item|Segment|Frame)
RETURN n.id AS id, count(e) AS score
UNION ALL
MATCH (n:User)-[e:WROTE]->(:Comment)-[:`ON`]->(:Frame)
WHERE NOT EXISTS { MATCH (n)-[:RATED|LIKED|VIEWED|HIGHLIGHTED]->(:Item|Segment|Frame) }
RETURN n.id AS id, count(e) AS score
