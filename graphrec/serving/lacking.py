"""Which features nodes lack, and the command that makes each."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import entry_points

from graphrec.features import SUFFIXES
from graphrec.files import read_json
from graphrec.graph.snapshot import GENRES
from graphrec.media.text import TfidfEncoder
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
    fitted, named = (workspace.encoders / f"{name}.{suffix}" for suffix in ("safetensors", "json"))
    if fitted.exists():
        return f"`graphrec describe {TfidfEncoder.load(fitted)[1]['what']} --name {name}` makes it"
    if named.exists():
        told = read_json(named)
        return f"`graphrec describe {told['what']} --name {name} --encoder {told['encoder']}` makes it"
    if name == "poster":
        return "`graphrec load movielens FOLDER --posters FOLDER` makes it"
    bases = {name.removesuffix(suffix) for suffix in SUFFIXES.values() if name.endswith(suffix)}
    for group, option in OPTIONS.items():
        for entry in entry_points(group=group):
            if entry.name in bases:
                return f"`graphrec load videos FILES {option} {entry.name}` makes it"
    return f"load them as the others of {name} were loaded"
