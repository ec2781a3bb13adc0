// Of several comments of the user on a frame one is enough to show the way.
MATCH (u:User {id: $user})-[:WROTE]->(c:Comment)-[:`ON`]->(n:Frame)
WHERE n.id IN $ids AND {praise c of n by u}
RETURN n.id AS id, min(c.id) AS comment
ORDER BY id
