"""Which features nodes lack, and the command that makes each."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import entry_points

from graphrec.features import SUFFIXES
from graphrec.graph.snapshot import GENRES
from graphrec.media.kept_encoders import kept_encoder
from graphrec.workspace import Workspace

OPTIONS = {"graphrec.frame_encoders": "--encoder", "graphrec.audio_encoders": "--audio"}


@dataclass(frozen=True)
class Lacking:
    """So many ``nodes`` lack the feature matrix ``name``; ``cure`` makes it."""

    name: str
    nodes: int
    cure: str


def cure(workspace: Workspace, name: str) -> str:
    """Return how nodes come to have vectors of the matrix ``name``."""
    if name == GENRES:
        return "`graphrec load table FILE --rels IN_GENRE --from Item:COLUMN --to Genre:COLUMN` gives them genres"
    if made := kept_encoder(workspace.encoders, name):
        where = f" where they have a {made.values.label}" if made.values.onto else ""
        return f"`{made.command(name)}` makes it{where}"
    if name == "poster":
        return "`graphrec load movielens FOLDER --posters FOLDER` makes it"
    bases = {name.removesuffix(suffix) for suffix in SUFFIXES.values() if name.endswith(suffix)}
    for group, option in OPTIONS.items():
        for entry in entry_points(group=group):
            if entry.name in bases:
                stills = f" or `graphrec load frames FOLDER {option} {entry.name}`" if name.endswith("-frame") else ""
                return f"`graphrec load videos FILES {option} {entry.name}`{stills} makes it"
    return f"load them as the others of {name} were loaded"
