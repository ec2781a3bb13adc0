MATCH (n:Item {id: $id})
OPTIONAL MATCH (n)-[:IN_GENRE]->(g:Genre)
RETURN n.id AS id, n.kind AS kind, n.title AS title, n.year AS year, n.duration_s AS duration_s, n.uri AS uri, n.digest AS digest,
       n.thumbnail AS thumbnail, n.fps AS fps, n.width AS width, n.height AS height, n.audio AS audio,
       n.uploader AS uploader, n.imdb_id AS imdb_id, n.tmdb_id AS tmdb_id, collect(coalesce(g.name, g.id)) AS genres
