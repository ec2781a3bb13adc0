MATCH (r:Run)
WITH r.property AS held, max(r.published_at) AS newest
MATCH (r:Run)
WHERE r.property = held AND r.published_at = newest AND (r.model = $model OR $model = '') AND (r.label = $wanted OR $wanted = '')
RETURN r.id AS id, r.model AS model, r.label AS label, r.property AS property, r.published_at AS published_at
ORDER BY published_at DESC
LIMIT 1
