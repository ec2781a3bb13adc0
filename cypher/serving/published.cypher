MATCH (r:Run)
RETURN r.id AS id, r.model AS model, r.label AS label, r.property AS property, r.published_at AS published_at
ORDER BY published_at DESC
