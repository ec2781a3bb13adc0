MATCH (u:User)-[e:LIKED]->(n:Frame)
WHERE {positive e from u to n}
RETURN n.id AS id, count(DISTINCT u) AS score
UNION ALL
MATCH (u:User)-[:WROTE]->(c:Comment)-[:`ON`]->(n:Frame)
WHERE c.polarity >= 0.5 AND coalesce(c.left_out, '') = '' AND NOT EXISTS { MATCH (u)-[:LIKED]->(n) }
RETURN n.id AS id, count(DISTINCT u) AS score
