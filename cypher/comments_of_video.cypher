// what: the comments on a video, its segments and its frames, by their time in it
// parameters: video string; limit int64 = 20
// example: graphrec query comments_of_video -p video=1
MATCH (v:Item {id: $video})-[:HAS_SEGMENT|HAS_FRAME*0..2]->(t:Item|Segment|Frame)<-[:`ON`]-(c:Comment)
OPTIONAL MATCH (u:User)-[:WROTE]->(c)
RETURN DISTINCT c.id AS id, u.id AS user, c.time_s AS time_s, c.posted_at AS posted_at, c.polarity AS polarity, c.text AS text
ORDER BY coalesce(time_s, 0.0), coalesce(posted_at, 0), id
LIMIT $limit
