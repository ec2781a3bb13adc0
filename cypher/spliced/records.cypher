MATCH (u:User {id: $id})-[e:`{type}`]->(n:`{label}`)
RETURN n.id AS id{properties}
