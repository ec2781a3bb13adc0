MATCH (u:User)-[e:`{type}`]->(n:`{label}`)
WHERE {u of users}
RETURN u.id AS user, n.id AS id{properties}
