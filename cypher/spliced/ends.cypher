MATCH (:`{label}`)-[e:`{type}`]->(:`{other}`)
RETURN count(e) AS count
