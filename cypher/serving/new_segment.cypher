MATCH (v:Item)-[:HAS_SEGMENT]->(n:Segment)
WHERE NOT EXISTS { MATCH (v)-[:HAS_SEGMENT]->(:Segment)<-[:HIGHLIGHTED]-(:User) }
RETURN n.id AS id
