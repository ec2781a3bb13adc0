"""What speaks for a recommendation, one thing after the other, to be drawn and to be listed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from graphrec.serving.explain import Explanation
from graphrec.serving.explore.subgraph import Key

Kind = Literal["shared", "genre", "tag", "near", "alike", "made user", "made recommendation"]

UNITS: dict[Kind, str] = {
    "shared": "users",
    "genre": "of the history",
    "tag": "of the history",
    "near": "cosine",
    "alike": "cosine",
    "made user": "weight",
    "made recommendation": "weight",
}


@dataclass(frozen=True)
class Reason:
    """One thing that speaks for a recommendation.

    Attributes:
        kind: other users chose it and what is recommended (``shared``); it is a ``genre`` or ``tag`` of both what is
            recommended and the history; it is ``near`` in the model's space, or ``alike`` by features; or the model
            made the user's embedding of it, or the recommendation's.
        thing: of the user's history, a genre, a tag by its text or, of what embeddings are made of, any node.
        number: how much it counts, in the kind's ``unit``.
        matrix: the features by which it is alike.
        name: what a genre or tag is called.
    """

    kind: Kind
    thing: Key
    number: float
    matrix: str = ""
    name: str = ""

    @property
    def unit(self) -> str:
        """What ``number`` counts: users, things of the history, or it is a cosine, or a weight."""
        return UNITS[self.kind]


def reasons(told: Explanation) -> Iterator[Reason]:
    """Yield the reasons in an explanation, those of the graph first."""
    for one in told.shared:
        yield Reason("shared", Key(told.label, one.via), one.users)
    for trait in told.common:
        thing = Key("Genre" if trait.kind == "genre" else "Comment", trait.id)
        yield Reason(trait.kind, thing, trait.things, name=trait.name)
    for alike in told.embedding:
        yield Reason("near", Key(told.label, alike.id), alike.cosine)
    for matrix, found in told.content.items():
        for alike in found:
            yield Reason("alike", Key(told.label, alike.id), alike.cosine, matrix)
    if told.account is not None:
        for part in told.account.user.most:
            yield Reason("made user", Key(part.label, part.id), part.weight)
        for part in told.account.item.most:
            yield Reason("made recommendation", Key(part.label, part.id), part.weight)
