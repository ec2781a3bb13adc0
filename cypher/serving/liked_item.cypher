MATCH (u:User {id: $user})-[e:RATED|LIKED|VIEWED]->(n:Item)
WHERE {positive e from u to n}
RETURN DISTINCT n.id AS id
UNION ALL
MATCH (u:User {id: $user})-[h:HIGHLIGHTED]->(s:Segment)<-[:HAS_SEGMENT]-(n:Item)
WHERE {positive h from u to s} AND {nothing against n by u}
  AND NOT EXISTS { MATCH (u)-[direct:RATED|LIKED|VIEWED]->(n) WHERE {positive direct from u to n} }
RETURN DISTINCT n.id AS id
