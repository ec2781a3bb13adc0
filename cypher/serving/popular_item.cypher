MATCH (u:User)-[e:RATED|LIKED|VIEWED]->(n:Item)
WHERE {positive e from u to n}
RETURN n.id AS id, count(DISTINCT u) AS score
UNION ALL
MATCH (n:Item)-[:HAS_SEGMENT]->(s:Segment)<-[h:HIGHLIGHTED]-(u:User)
WHERE {positive h from u to s} AND {nothing against n by u}
  AND NOT EXISTS { MATCH (u)-[direct:RATED|LIKED|VIEWED]->(n) WHERE {positive direct from u to n} }
RETURN n.id AS id, count(DISTINCT u) AS score
