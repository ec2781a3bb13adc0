MATCH (u:User)-[e:LIKED]->(n:Frame)
WHERE {positive e from u to n}
RETURN n.id AS id, count(DISTINCT u) AS score
UNION ALL
MATCH (u:User)-[:WROTE]->(c:Comment)-[:`ON`]->(n:Frame)
WHERE {praise c of n by u} AND NOT EXISTS { MATCH (u)-[e:LIKED]->(n) WHERE {positive e from u to n} }
RETURN n.id AS id, count(DISTINCT u) AS score
