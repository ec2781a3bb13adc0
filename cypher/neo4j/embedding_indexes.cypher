// what: the vector indexes of published embeddings, and whether they can be asked (ONLINE)
// parameters: none
// example: graphrec query embedding_indexes
SHOW VECTOR INDEXES YIELD name, properties, state, populationPercent
WHERE name STARTS WITH 'graphrec_'
RETURN name, split(name, '_')[1] AS label, properties[0] AS property, state, populationPercent AS percent
ORDER BY name
