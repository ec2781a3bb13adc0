MATCH (u:User)-[e:HIGHLIGHTED]->(n:Segment)
WHERE {positive e from u to n}
RETURN n.id AS id, count(DISTINCT u) AS score
