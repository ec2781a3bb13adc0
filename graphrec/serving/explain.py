"""Why something is recommended: shared neighbours in the graph, and what in the history it is like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from graphrec.errors import NotFoundError, TrainingError
from graphrec.features import FeatureStore, sibling
from graphrec.keys import Id
from graphrec.serving.chosen import USUAL, Chosen, chosen_by
from graphrec.serving.common import Common, common, in_words
from graphrec.serving.histories import seen
from graphrec.serving.lookups import LABELS, find_node, ids, require, rows
from graphrec.serving.naming import in_a_sentence, with_id
from graphrec.serving.published import (
    PROPOSAL,
    PublishedRun,
    check_mapped,
    current_run,
    for_label,
    published_run,
)
from graphrec.serving.recommend import Recommendation, detailed
from graphrec.store.base import Floats, GraphStore, Neighbour
from graphrec.training.runs import Run, find_run, snapshot_of
from graphrec.workspace import Workspace

if TYPE_CHECKING:
    from graphrec.models.influences import Part
    from graphrec.serving.account import Account
    from graphrec.serving.by_itself import ByItself
    from graphrec.serving.modality_weights import ModalityWeights


LEAST_SHARE = 0.02
"""Of those who chose a thing of the history, so many must have chosen what is explained for that to be a reason."""
LEAST_COSINE = 0.2
"""As like what is explained must a thing of the history be, by features or in a model's space."""
LEAST_COMMON = 0.1
"""So large a part of the history must have a genre or tag of what is explained."""
WORDS = 3
"""So many words that the user would write are named."""
LOOKED_AT = 100
"""So many things of the history, those that most others chose too, are looked at for their share."""


@dataclass(frozen=True)
class Shared:
    """A thing of the user's history; ``users`` of the ``of`` others who chose it also chose the explained item."""

    via: str
    title: str | None
    users: int
    of: int


@dataclass(frozen=True)
class Alike:
    """A thing of the user's history and how like the explained item it is, as a cosine."""

    id: str
    cosine: float


@dataclass(frozen=True)
class Explanation:
    """What lies behind a score.

    Attributes:
        user: for whom.
        id: what is explained.
        label: its label.
        video: the video that a segment or frame is of; None for an item, and where it is of none.
        run: the published run, or one that was asked for and scores without embeddings; None without one.
        score: inner product of the embeddings, or what the model makes of both, as of now, where that is more; None
            where one is missing, or that model is not here.
        shared: paths user -> via <- other users -> item, by number of those users; all of them chose both, by
            positive records.
        common: genres and tags of it that the history has too.
        embedding: history nearest in the run's embedding space.
        content: history nearest by feature, per matrix of several numbers that the run was trained on; where its files
            are elsewhere, per matrix that there is.
        account: what the run's model made the two embeddings of; None where it has no weights to tell.
        titles: what the user's things above and what is explained are called, by id.
        sentence: the same in words.
        note: why there are no reasons by the run that was asked for; empty where there are, or none was.
        words: what the user would write on it, as the run's model has it, the likeliest first; empty where it learned
            no words.
        parts: of a run that is several together, what each adds to the score; of a score that is of several sides, what
            each of these adds.
        modalities: how much each feature matrix counts for both, where the run weighs them; else None.
    """

    user: str
    id: str
    label: str
    video: str | None
    run: str | None
    score: float | None
    shared: list[Shared]
    common: list[Common]
    embedding: list[Alike]
    content: dict[str, list[Alike]]
    account: Account | None
    titles: dict[str, str]
    sentence: str
    note: str = ""
    parts: Sequence[Part] = ()
    words: Sequence[str] = ()
    modalities: ModalityWeights | None = None


def explain(
    store: GraphStore,
    workspace: Workspace,
    user: Id,
    node: Id,
    *,
    model: str | None = None,
    run: str | None = None,
    k: int = 5,
    label: str | None = None,
) -> Explanation:
    """Explain ``node`` for ``user``, by what the user has chosen: positive records, as the run's task has them.

    What the user had and disliked is never named, and neither is what falls below ``LEAST_SHARE``, ``LEAST_COSINE`` or
    ``LEAST_COMMON``.

    Args:
        store: the graph.
        workspace: where features and runs are.
        user: for whom.
        node: an item, segment or frame.
        model: whose published embeddings; None for those of its label published last.
        run: a run to explain by instead; of one that is not published there are the reasons that need no embedding.
        k: how many of each kind of reason.
        label: of ``node``, where several labels have such an id; None for the first of Item, Segment and Frame.

    Raises ``NotFoundError`` for an unknown user, run, or id of something else.
    """
    user = require(store, "User", user)
    label, node = find_node(store, node, label, LABELS)
    published = current_run(store, model, label) if run is None else _published(store, workspace, run, label)
    by = run if published is None else published.id
    chosen = USUAL if by is None else chosen_by(store.properties, workspace, by)
    history = sorted(other for other in ids(store, "liked", label, chosen, user=user) if other != node)
    shared = _shared(store, label, chosen, user, node, history)[:k]
    score, near = None, []
    if published is not None:
        users, user_vectors = store.read_embeddings("User", published.property, [user])
        items, vectors = store.read_embeddings(label, published.property, [node, *history])
        u, v = (
            column.index(key).as_py() if len(column) else -1 for column, key in ((users, user), (items, node))
        )
        if u >= 0 and v >= 0:
            score = float(user_vectors[u] @ vectors[v])
        if v >= 0 and history:
            at = [items.index(other).as_py() for other in history]
            near = _alike(
                [h for h, a in zip(history, at, strict=True) if a >= 0],
                vectors[[a for a in at if a >= 0]],
                vectors[v],
                k,
            )
    features = FeatureStore(workspace.features)
    content = _content(features, _matrices(workspace, features, published, label), history, node, k)
    made = None
    parts: Sequence[Part] = ()
    words: Sequence[str] = ()
    if score is not None and published is not None and published.score == PROPOSAL:
        # Here, not above: models need torch, which takes seconds.
        from graphrec.serving.parts import own_score

        score, parts = own_score(workspace, published.id, user, node, user_vectors[u], vectors[v])
    if score is not None and published is not None:
        # Here, not above: models need torch, which takes seconds.
        from graphrec.serving.account import account
        from graphrec.serving.likely_words import likely_words

        words = likely_words(workspace, published.id, user_vectors[u], vectors[v], WORDS)
        told = [one.via for one in shared] + [one.id for one in near]
        made = account(store, workspace, published.id, user, label, node, first=told)
    if made is not None:
        disliked = {*seen(store, label, [user])[0]} - {*history, node}
        made = replace(made, user=made.user.without(label, disliked), item=made.item.without(label, disliked))
    traits = _common(store, label, node, history, k)
    own = None if run is None or published is not None else _by_itself(workspace, run, user, label, node)
    weights = None if own is None else own.modalities
    reasons = _Reasons(user, node, shared, traits, near, content, made, parts, words, weights)
    known = {one.id: one for one in _detailed(store, label, sorted(reasons.ids()))}
    titles = {key: with_id(in_a_sentence(one), key) for key, one in known.items()}
    return Explanation(
        user,
        node,
        label,
        known[node].video,
        published.id if published else None if own is None else run,
        score if own is None else own.score,
        shared,
        traits,
        near,
        content,
        made,
        titles,
        reasons.sentence(titles),
        "" if run is None or published is not None else _unpublished(find_run(workspace, run)),
        parts if run is None or published is not None else _parts(workspace, run, user, label, node),
        words,
        weights,
    )


def _by_itself(workspace: Workspace, run: str, user: str, label: str, node: str) -> ByItself | None:
    # Here, not above: models need torch, which takes seconds.
    from graphrec.serving.by_itself import by_itself

    return by_itself(workspace, run, user, label, node)


def _parts(workspace: Workspace, run: str, user: str, label: str, node: str) -> list[Part]:
    # Here, not above: models need torch, which takes seconds.
    from graphrec.serving.parts import parts_of

    with suppress(NotFoundError, TrainingError):
        return parts_of(workspace, run, user, label, node)
    return []


def _unpublished(run: Run) -> str:
    """Say why a run gives no reasons of its own, and what does about it."""
    # Here, not above: models need torch, which takes seconds.
    from graphrec.models.base import Embeds, HasParts
    from graphrec.models.registry import model

    with suppress(NotFoundError):
        if issubclass(model(run.model), HasParts) and not issubclass(model(run.model), Embeds):
            return f"{run.model} has no embeddings: these are reasons of graph and content, and what its runs add"
        if not issubclass(model(run.model), Embeds):
            return (
                f"{run.model} has no embeddings to explain by: these are reasons of graph and content, beside what the "
                "run itself makes of both"
            )
    return (
        f"{run.id} is not published: these are reasons of graph and content alone; `graphrec publish {run.id}` adds "
        "those of its embeddings"
    )


def _shared(
    store: GraphStore, label: str, chosen: Chosen, user: str, node: str, history: list[str]
) -> list[Shared]:
    if not history:
        return []
    found = rows(
        store, "shared", label, chosen, user=user, id=node, history=history, limit=LOOKED_AT
    )
    # Of frames there are those who liked both, and those who commented on both.
    users: Counter[str] = Counter()
    for row in found:
        users[row["via"]] += row["users"]
    most = sorted(users.items(), key=lambda one: (-one[1], one[0]))[:LOOKED_AT]
    titles = {row["via"]: row["title"] for row in found}
    counted = rows(store, "choosers", label, chosen, user=user, ids=[via for via, _ in most]) if most else []
    of: Counter[str] = Counter()
    for row in counted:
        of[row["id"]] += row["users"]
    return [
        Shared(via, titles[via], count, of[via]) for via, count in most if count >= LEAST_SHARE * of[via]
    ]


def _common(store: GraphStore, label: str, node: str, history: list[str], k: int) -> list[Common]:
    """Return what the item, or the video of the part, shares with the items or videos of the history."""
    if label == "Item":
        return common(store, node, history, LEAST_COMMON, k)
    owner = {one.id: one.video for one in _detailed(store, label, [node, *history])}
    videos = {owner[other] for other in history} - {None, owner[node]}
    own = owner[node]
    return common(store, own, sorted(filter(None, videos)), LEAST_COMMON, k) if own is not None else []


def _detailed(store: GraphStore, label: str, nodes: Sequence[str]) -> list[Recommendation]:
    return detailed(store, label, [Neighbour(node, 0) for node in nodes])


def _matrices(
    workspace: Workspace, features: FeatureStore, published: PublishedRun | None, label: str
) -> list[str]:
    """Return the matrices of ``label`` nodes that the run was trained on, or their siblings; all without its files.

    One number has no direction, so that every cosine would be 1: such are not among them.
    """
    of_label = {name for name in features.names() if features.info(name).label == label}
    wide = {name for name in of_label if features.info(name).width > 1}
    if published is None:
        return sorted(wide)
    try:
        shot = snapshot_of(workspace, find_run(workspace, published.id))
    except (NotFoundError, TrainingError):
        return sorted(wide)
    used = shot.feature_names
    own = used if label == shot.item_label else [sibling(name, shot.item_label, label) for name in used]
    return [name for name in own if name is not None and name in wide]


def _content(
    features: FeatureStore, names: Sequence[str], history: list[str], node: str, k: int
) -> dict[str, list[Alike]]:
    found = {}
    for name in names:
        if history:
            matrix, present = features.read(name, [node, *history])
            if present[0]:
                known = np.flatnonzero(present[1:])
                found[name] = _alike([history[i] for i in known], matrix[1:][known], matrix[0], k)
    return found


def _published(store: GraphStore, workspace: Workspace, run: str, label: str) -> PublishedRun | None:
    found = published_run(store, run)
    if found is None:
        # Of one that is published the files may be on another machine.
        check_mapped(store, find_run(workspace, run))
        return None
    return for_label(store, found, label) or found


def _alike(names: list[str], matrix: Floats, vector: Floats, k: int) -> list[Alike]:
    if not len(names):
        return []
    norms = np.linalg.norm(matrix, axis=1) * np.linalg.norm(vector)
    cosines = matrix @ vector / np.maximum(norms, np.finfo(np.float32).tiny)
    most = np.argsort(-cosines, kind="stable")[:k]
    return [Alike(names[i], float(cosines[i])) for i in most if cosines[i] >= LEAST_COSINE]


@dataclass(frozen=True)
class _Reasons:
    """All reasons for one recommendation, to be put in words."""

    user: str
    node: str
    shared: list[Shared]
    common: list[Common]
    near: list[Alike]
    content: dict[str, list[Alike]]
    account: Account | None
    parts: Sequence[Part] = ()
    words: Sequence[str] = ()
    modalities: ModalityWeights | None = None

    def ids(self) -> set[str]:
        """Return the nodes that are named."""
        alike = [one.id for found in (self.near, *self.content.values()) for one in found]
        made = [] if self.account is None else [*self.account.user.most, *self.account.item.most]
        return {
            self.node,
            *(one.via for one in self.shared),
            *alike,
            *(one.id for one in made if one.label not in ("User", "Frame")),
        }

    def sentence(self, titles: Mapping[str, str]) -> str:
        """Return them in sentences."""

        def name(node: str) -> str:
            return titles.get(node, node)

        said = []
        if self.shared:
            one = self.shared[0]
            who = "other user who chose" if one.of == 1 else "other users who chose"
            count = f"{one.users}" if one.users == one.of == 1 else f"{one.users} of {one.of}"
            said.append(f"{count} {who} {name(one.via)}, as {self.user} did, chose {name(self.node)} too.")
        if self.common:
            said.append(f"It shares {in_words(self.common)} with {self.user}'s history.")
        for matrix, alike in self.content.items():
            if alike:
                said.append(
                    f"By its {matrix} features it is most like {name(alike[0].id)} of {self.user}'s history "
                    f"(cosine {alike[0].cosine:.2f})."
                )
        if self.near:
            said.append(
                f"In the model's space the nearest of {self.user}'s history is {name(self.near[0].id)} "
                f"(cosine {self.near[0].cosine:.2f})."
            )
        if not said:
            said.append(f"Nothing in {self.user}'s history leads to {name(self.node)}.")
            if self.account is not None:
                said.append("All that is left is where the model has put both.")
        if self.parts:
            sides = " and ".join(f"{one.name} adds {one.score:.3f} (weight {one.weight:.0%})" for one in self.parts)
            said.append(f"Of its score {sides}.")
        if self.words:
            said.append(f"The model expects {self.user} to write of it: {', '.join(self.words)}.")
        if self.modalities is not None:
            said.append(self.modalities.sentence)
        frames = [] if self.account is None else [one for one in self.account.item.most if one.label == "Frame"]
        if frames:
            said.append(f"Its looks rest most on frame {frames[0].id} ({frames[0].weight:.0%}).")
        return " ".join(said)
