MATCH (u:User)-[e:LIKED]->(n:Frame)
WHERE {positive e from u to n}
RETURN n.id AS id, count(DISTINCT u) AS score
