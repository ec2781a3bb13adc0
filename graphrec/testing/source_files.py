"""Small files of the kinds that loaders read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from graphrec.store.base import GraphStore

PHD2 = """youtubeId,start,duration,user_id,video_duration,is_last
v1,5,5,u1,13,True
v1,0,4,u1,13,False
v2,1,3,u1,8,False
v2,5,3,u2,8,False
v3,0,5,u2,0,False
v2,9,2,u2,8,False
"""


def write_movielens(folder: Path) -> Path:
    """Write three movies, three ratings, links and tags into ``folder``, which is made; return it."""
    folder.mkdir()
    (folder / "movies.csv").write_text(
        "movieId,title,genres\n1,Toy Story (1995),Adventure|Comedy\n"
        '2,"American President, The (1995) ",Comedy\n3,Babylon 5,(no genres listed)\n'
    )
    (folder / "ratings.csv").write_text(
        "userId,movieId,rating,timestamp\n1,1,2.5,1260759144\n1,2,4.0,1260759179\n2,1,5,1260759182\n"
    )
    (folder / "links.csv").write_text("movieId,imdbId,tmdbId\n1,0114709,862\n2,0112346,\n")
    (folder / "tags.csv").write_text(
        "userId,movieId,tag,timestamp\n1,1,pixar,1138537770\n2,1,pixar,1138537771\n1,2,'quoted',1138537772\n"
    )
    return folder


def write_tiktok(folder: Path) -> Path:
    """Write likes of three users and features of four videos into ``folder``, which is made; return it."""
    folder.mkdir()
    for name, pairs in {"trn": [(0, 0), (0, 1), (1, 2)], "val": [(1, 0)], "tst": [(2, 3)]}.items():
        row, col = np.array(pairs).T
        np.savez(folder / f"{name}Mat.npz", row=row, col=col, shape=(3, 4))
    np.save(folder / "image_feat.npy", np.eye(4, dtype=np.float16))
    np.save(folder / "audio_feat.npy", np.ones((4, 2), np.float16))
    return folder


def write_segmented_videos(store: GraphStore) -> None:
    """Store a video ``v`` of three segments, of which frames stand at 4 s and 8 s, and ``bare``, one without."""
    store.write_nodes("Item", pa.table({"id": ["v", "bare"]}))
    keys, starts = ["v#0", "v#1", "v#2"], [0.0, 5.0, 10.0]
    store.write_nodes("Segment", pa.table({"id": keys, "start_s": starts, "end_s": [5.0, 10.0, 15.0]}))
    store.write_relationships("HAS_SEGMENT", "Item", "Segment", pa.table({"from": ["v"] * 3, "to": keys}))
    store.write_nodes("Frame", pa.table({"id": ["f4", "f8"], "time_s": [4.0, 8.0]}))
    store.write_relationships("HAS_FRAME", "Item", "Frame", pa.table({"from": ["v"] * 2, "to": ["f4", "f8"]}))


def write_movies(store: GraphStore) -> None:
    """Store four movies, of which one has no year."""
    titles = ["Toy Story", "Jumanji", "Heat", "American President, The"]
    table = {"id": ["1", "2", "6", "11"], "title": titles, "year": [1995, 1995, 1995, None]}
    store.write_nodes("Item", pa.table(table))
