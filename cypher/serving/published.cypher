MATCH (r:GraphrecRun)
RETURN r.id AS id, r.model AS model, r.label AS label, r.property AS property, r.dimension AS dimension, r.score AS score, r.spaces AS spaces,
  r.published_at AS published_at, r.split AS split, r.seed AS seed, r.metrics AS metrics
ORDER BY published_at DESC
