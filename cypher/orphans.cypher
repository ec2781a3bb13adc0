// what: nodes without any relationship, per label, with one of their ids (runs never have any)
// parameters: none
// example: graphrec query orphans
MATCH (n:User)
WHERE NOT EXISTS { MATCH (n)--() }
RETURN 'User' AS label, count(n) AS nodes, min(n.id) AS example
UNION ALL
MATCH (n:Item)
WHERE NOT EXISTS { MATCH (n)--() }
RETURN 'Item' AS label, count(n) AS nodes, min(n.id) AS example
UNION ALL
MATCH (n:Genre)
WHERE NOT EXISTS { MATCH (n)--() }
RETURN 'Genre' AS label, count(n) AS nodes, min(n.id) AS example
UNION ALL
MATCH (n:Segment)
WHERE NOT EXISTS { MATCH (n)--() }
RETURN 'Segment' AS label, count(n) AS nodes, min(n.id) AS example
UNION ALL
MATCH (n:Frame)
WHERE NOT EXISTS { MATCH (n)--() }
RETURN 'Frame' AS label, count(n) AS nodes, min(n.id) AS example
UNION ALL
MATCH (n:Comment)
WHERE NOT EXISTS { MATCH (n)--() }
RETURN 'Comment' AS label, count(n) AS nodes, min(n.id) AS example
UNION ALL
MATCH (n:Trailer)
WHERE NOT EXISTS { MATCH (n)--() }
RETURN 'Trailer' AS label, count(n) AS nodes, min(n.id) AS example
