// what: the training runs whose embeddings are in the graph, the latest published first
// parameters: limit int64 = 20
// example: graphrec query runs
MATCH (r:GraphrecRun)
RETURN r.id AS id, r.model AS model, r.label AS label, r.property AS property, r.dimension AS dimension, r.split AS split,
       r.seed AS seed, r.snapshot AS snapshot, r.created_at AS created_at, r.published_at AS published_at, r.metrics AS metrics
ORDER BY coalesce(published_at, 0) DESC, id
LIMIT $limit
