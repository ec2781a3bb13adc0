MATCH (n:Item)
OPTIONAL MATCH (:User)-[e:RATED|LIKED|VIEWED]->(n)
WITH n, count(e) AS chosen
OPTIONAL MATCH (n)-[:HAS_SEGMENT]->(:Segment)<-[:HIGHLIGHTED]-(u:User)
WITH n, chosen, count(DISTINCT u) AS highlighted
WHERE chosen + highlighted > 0
RETURN n.id AS id, chosen + highlighted AS score
ORDER BY score DESC, id
