MATCH (u:User)-[:RATED|LIKED|VIEWED]->(v:Item {id: $video})
RETURN u.id AS id
UNION ALL
MATCH (v:Item {id: $video})-[:HAS_SEGMENT]->(s:Segment)<-[:HIGHLIGHTED]-(u:User)
RETURN u.id AS id
UNION ALL
MATCH (v:Item {id: $video})-[:HAS_FRAME]->(f:Frame)<-[:LIKED]-(u:User)
RETURN u.id AS id
UNION ALL
MATCH (v:Item {id: $video})-[:HAS_SEGMENT]->(s:Segment)-[:HAS_FRAME]->(f:Frame)<-[:LIKED]-(u:User)
RETURN u.id AS id
UNION ALL
MATCH (v:Item {id: $video})-[:HAS_FRAME]->(f:Frame)<-[:`ON`]-(:Comment)<-[:WROTE]-(u:User)
RETURN u.id AS id
UNION ALL
MATCH (v:Item {id: $video})-[:HAS_SEGMENT]->(s:Segment)-[:HAS_FRAME]->(f:Frame)<-[:`ON`]-(:Comment)<-[:WROTE]-(u:User)
RETURN u.id AS id
