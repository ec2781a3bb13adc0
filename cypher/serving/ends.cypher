MATCH (:`{source}`)-[e:`{type}`]->(:`{target}`)
RETURN count(e) AS count
