"""Every loader that is registered keeps the contract."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import ClassVar

import pytest
from PIL import Image

from graphrec.loaders.comments import Comments
from graphrec.loaders.events import Events
from graphrec.loaders.frames import Frames
from graphrec.loaders.highlights import Highlights
from graphrec.loaders.movielens import MovieLens
from graphrec.loaders.phd2 import Phd2
from graphrec.loaders.table import TableLoader
from graphrec.loaders.tiktok import TikTok
from graphrec.loaders.trailers import Trailers
from graphrec.loaders.videos import VideoLoader
from graphrec.testing.clips import write_brightening
from graphrec.testing.loader_contract import LoaderContract
from graphrec.testing.source_files import (
    PHD2,
    write_movielens,
    write_movies,
    write_segmented_videos,
    write_tiktok,
)

GROUP = "graphrec.loaders"


def text(path, *lines):
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


class TestComments(LoaderContract):
    kind = Comments
    header = "user,video,time_s,text,posted_at"

    def prepare(self, store):
        write_segmented_videos(store)

    def files(self, folder):
        rows = ("ann,v,0,first,2020-01-01T00:00:00Z", "bob,v,5,second,", "cat,bare,3,alone,", "cat,new,3,unknown,")
        return [text(folder / "comments.csv", self.header, *rows)]

    def broken(self, folder):
        rows = ("ann,v,0,first,", "ann,v,soon,second,")
        return [text(folder / "comments.csv", self.header, *rows)], r"comments\.csv.*line 3"


class TestEvents(LoaderContract):
    kind = Events
    options: ClassVar = {"item": "video", "type": ["like=LIKED:3", "view=VIEWED", "ad="]}

    def files(self, folder):
        rows = ("u,a,like,1600000000000", "u,b,view,1600000000000", "v,a,ad,1600000000000", "v,a,view,")
        return [text(folder / "log.csv", "user,video,event,at", *rows)]

    def broken(self, folder):
        return [text(folder / "log.csv", "user,video,event", "u,a,like", "u,b,share")], r"log\.csv.*line 3"


class TestFrames(LoaderContract):
    kind = Frames

    def prepare(self, store):
        write_movies(store)

    def files(self, folder):
        (folder / "2").mkdir()
        for name in ("1.png", "2/front.jpg", "2/back.webp", "nobody.jpg"):
            Image.new("RGB", (60, 40), (len(name), 9, 9)).save(folder / name)
        return [folder]

    def broken(self, folder):
        (folder / "1.png").write_bytes(b"no picture")
        return [folder], r"1\.png: not a readable image"


class TestHighlights(LoaderContract):
    kind = Highlights
    header = "user,video,start_s,end_s,at"

    def prepare(self, store):
        write_segmented_videos(store)

    def files(self, folder):
        return [text(folder / "cuts.csv", self.header, "ann,v,1,9,7", "bob,v,10,15,8")]

    def broken(self, folder):
        return [text(folder / "cuts.csv", self.header, "ann,v,1,9,7", "bob,v,1,late,8")], r"cuts\.csv.*line 3"


class TestMovieLens(LoaderContract):
    kind = MovieLens

    def files(self, folder):
        return [write_movielens(folder / "ml")]

    def broken(self, folder):
        made = write_movielens(folder / "ml")
        with (made / "movies.csv").open("a") as file:
            file.write("4,Heat (1995)\n")
        return [made], r"movies\.csv.*line 5"


class TestPhd2(LoaderContract):
    kind = Phd2

    def files(self, folder):
        return [text(folder / "testing.csv", PHD2.strip())]

    def broken(self, folder):
        return [text(folder / "testing.csv", PHD2.strip(), "v1,x,5,u1,12,False")], r"testing\.csv.*line 8"


class TestTable(LoaderContract):
    kind = TableLoader
    options: ClassVar = {"rels": "RATED", "from_": "User:user", "to": "Item:film", "property": ["rating", "at:when"]}

    def files(self, folder):
        rows = ("ann,i,4.5,1600000000000", "bob,i,3,1600000000001", "ann,j,1,")
        return [text(folder / "ratings.csv", "user,film,rating,when", *rows, rows[0])]

    def broken(self, folder):
        rows = ("ann,i,4.5,", "bob,i,good,", "ann,j")
        return [text(folder / "r.csv", "user,film,rating,when", *rows)], r"r\.csv.*line 3.*line 4"


class TestTikTok(LoaderContract):
    kind = TikTok

    def files(self, folder):
        return [write_tiktok(folder / "tiktok")]

    def broken(self, folder):
        made = write_tiktok(folder / "tiktok")
        (made / "trnMat.npz").write_bytes(b"no zip")
        return [made], r"trnMat\.npz"


class TestTrailers(LoaderContract):
    kind = Trailers
    header = "youtubeId,movieId,title"

    def prepare(self, store):
        write_movies(store)

    def files(self, folder):
        rows = ("K26_sDKnvMU,1,Toy Story (1995)", "-2GfZl4vuvU,6,Heat (1995)", "3LPANjHlPxo,999,Another (1995)")
        return [text(folder / "ml-youtube.csv", self.header, *rows)]

    def broken(self, folder):
        rows = ("K26_sDKnvMU,1,Toy Story (1995)", "3LPANjHlPxo,2")
        return [text(folder / "ml-youtube.csv", self.header, *rows)], r"ml-youtube\.csv.*line 3"


class TestVideos(LoaderContract):
    kind = VideoLoader
    options: ClassVar = {"workers": 1}

    def files(self, folder):
        return [write_brightening(folder / "clip.mp4", seconds=6)]

    def broken(self, folder):
        (folder / "broken.mp4").write_bytes(b"no video")
        return [folder / "broken.mp4"], r"broken\.mp4"


CONTRACTS = [one for one in globals().values() if isinstance(one, type) and issubclass(one, LoaderContract)]


@pytest.mark.parametrize("entry", sorted(entry_points(group=GROUP), key=lambda entry: entry.name))
def test_no_loader_escapes(entry):
    kind = entry.load()
    assert kind.name == entry.name
    assert any(getattr(one, "kind", None) is kind for one in CONTRACTS), f"{entry.name} has no LoaderContract"
