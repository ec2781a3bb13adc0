MATCH (u:User)-[:`{type}`]->(e:Comment)-[:`{then}`]->(n:`{label}`)
WHERE {u of users} AND coalesce(e.left_out, '') = ''
RETURN u.id AS user, n.id AS id{properties}
