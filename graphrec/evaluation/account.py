"""The account of a training: what was used, who was tested on what, and what the figures are worth beside others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from graphrec.evaluation.verdict import Baseline, Verdict


@dataclass(frozen=True)
class Threshold:
    """A condition on a property of records, such as ``rating>=4``, and on which scale it stands.

    Attributes:
        rule: the condition.
        property: its name.
        scale: in words, between which values it lies or how many there are.
        silent: how many records (or nodes, where it is of those) do not say it.
        kept: how many of the records it keeps.
        chosen: whether somebody asked for it; else it is what counts where nothing is said.
    """

    rule: str
    property: str
    scale: str
    silent: int
    kept: int
    chosen: bool


@dataclass(frozen=True)
class Kind:
    """Of ``found`` relationships of a type ``count`` count; each weighs ``factor`` times its own weight, usually 1."""

    type: str
    found: int
    count: int
    factor: float


@dataclass(frozen=True)
class Weighed:
    """By which ``property`` records weigh, from ``least`` to ``most``; ``silent`` do not say it, and weigh 1."""

    property: str
    least: float
    most: float
    silent: int


@dataclass(frozen=True)
class Used:
    """What there was to learn from.

    Attributes:
        relationship: type of the records.
        label: of what is recommended.
        found: how many records the graph has.
        records: how many of them count.
        train: how many of these train.
        users: how many users have one that counts.
        items: how many items have.
        catalogue: how many items there are.
        thresholds: what must hold of a record for it to count.
        kinds: of records of several types, what there is of each; of a user and item they are one record together.
        merged: how many records these are then.
        weighed: by what they weigh, for a model that weighs records; None where all weigh the same.
    """

    relationship: str
    label: str
    found: int
    records: int
    train: int
    users: int
    items: int
    catalogue: int
    thresholds: tuple[Threshold, ...] = ()
    kinds: tuple[Kind, ...] = ()
    merged: int = 0
    weighed: Weighed | None = None


@dataclass(frozen=True)
class Tested:
    """On whom and on what the figures are.

    Attributes:
        split: its name.
        cases: how many; ``left_out`` had nothing to find.
        users: of how many users; 0 where cases are of nodes.
        untested: users with records of whom nothing is tested.
        candidates: least, median and greatest number of candidates of a case; None where nothing is ranked.
        known: held-out records that are not asked for, since training has the same pair.
        cold: cases of users without training records.
        by_popularity: whether these get what is popular, or means for predictions; else the model itself answers.
        unscored: cases of users of whose training records the model can make nothing; they get what is popular.
        saturated: metrics that are the same for every order here.
        watched: the metric that stopped the training.
        validation: what validates, in words; empty where nobody says.
        left_in: what a ranking keeps among the candidates though serving would leave it out, in words; empty where
            candidates are not of a pool.
        undefined: which metrics have no value, and why, in words; empty where all have one.
    """

    split: str
    cases: int
    left_out: int
    users: int
    untested: int
    candidates: tuple[int, int, int] | None
    known: int
    cold: int
    by_popularity: bool
    unscored: int
    saturated: tuple[str, ...]
    watched: str
    validation: str = ""
    left_in: str = ""
    undefined: str = ""


@dataclass(frozen=True)
class Unplaced:
    """Items about which a model knows little.

    Attributes:
        count: how many have neither a training record nor any of ``features``.
        of: how many items there are.
        features: what the model reads of items, or of the parts or other fields by which it places them.
        partly: how many have no training record and some of the features only.
        lacking: how many of these lack which.
    """

    count: int
    of: int
    features: tuple[str, ...]
    partly: int
    lacking: Mapping[str, int]


@dataclass(frozen=True)
class TrainingAccount:
    """The account of a training.

    Attributes:
        used: what it learned from.
        tested: what its figures are on.
        unplaced: what it can never recommend; None for a model that has no embeddings.
        model: its name.
        metric: by which it is compared.
        value: of it.
        beside: what else was measured on the same cases.
        seconds: how long that took.
        verdict: what comes of it.
        notes: what else is to be said, a sentence each.
    """

    used: Used
    tested: Tested
    unplaced: Unplaced | None
    model: str
    metric: str
    value: float
    beside: tuple[Baseline, ...]
    seconds: float
    verdict: Verdict
    notes: tuple[str, ...] = ()

    @property
    def sentences(self) -> list[str]:
        """Return it in words; the verdict is the last."""
        beside = [self._beside()] if self.beside else []
        predicted = self.tested.candidates is None
        parts = (_used(self.used), _tested(self.tested), _unplaced(self.unplaced, self.used.label, predicted))
        return [*(one for part in parts for one in part), *self.notes, *beside, f"Verdict: {self.verdict.sentence}"]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values, with its sentences."""
        return {"sentences": self.sentences, **asdict(self)}

    def _beside(self) -> str:
        named = ", ".join(f"{one.title} {one.value:.4f}" + (f" ({one.p})" if one.p else "") for one in self.beside)
        return f"On the same cases, by {self.metric}: {self.model} {self.value:.4f}, {named}; {self.seconds:.1f} s."


def _used(used: Used) -> Iterator[str]:
    rules = " where " + " and ".join(one.rule for one in used.thresholds) if used.thresholds else ""
    train = "{} of them train"
    if used.kinds:
        train = f"those of a user and item are one record: {used.merged:,}, of which {{}} train"
    yield (
        f"Used {used.records:,} of {used.found:,} {used.relationship} records{rules}, of {used.users:,} users and "
        f"{used.items:,} of {used.catalogue:,} {used.label} nodes; {train.format(f'{used.train:,}')}."
    )
    if used.kinds:
        each = "; ".join(
            f"{one.count:,} of {one.found:,} {one.type} count, each {one.factor:g} times its own weight (usually 1)"
            for one in used.kinds
        )
        yield f"{each}; a record weighs the sum."
    if used.weighed is not None:
        one_weighs = used.weighed
        silent = f"; {one_weighs.silent:,} have none, and weigh 1" if one_weighs.silent else ""
        yield f"Records weigh by {one_weighs.property}, from {one_weighs.least:g} to {one_weighs.most:g}{silent}."
    for one in used.thresholds:
        yield _scale(one, used.found)


def _scale(one: Threshold, found: int) -> str:
    said = f"{one.property} {one.scale}" + (f" ({one.silent:,} have none, and do not count)" if one.silent else "")
    if one.kept == found:
        return f"{said}: {one.rule} keeps all; --where says what counts."
    if not one.chosen:
        said += f", of which {one.rule} is what counts where nothing else is said (--where)"
    return f"{said}: {one.rule} keeps {one.kept / max(found, 1):.0%}."


def _tested(tested: Tested) -> Iterator[str]:
    rest = f"; {tested.untested:,} users with records are not tested" if tested.untested else ""
    of_users = f" of {tested.users:,} users" if tested.users else ""
    yield f"Tested on {tested.cases:,} cases{of_users}, split {tested.split}{rest}."
    if tested.candidates is not None:
        low, median, high = tested.candidates
        yield f"Each case ranks {low:,} to {high:,} candidates, half of them {median:,} or fewer."
        if high <= 1:
            yield "No case has more than one candidate: every order is right."
    if tested.left_in:
        yield f"Candidates are all but those of the user's training records: {tested.left_in}."
    if tested.validation:
        yield f"Validated on {tested.validation}."
    if tested.left_out:
        yield f"{tested.left_out:,} cases had nothing to find, and are left out."
    if tested.known:
        yield f"{tested.known:,} held-out records are not asked for: their users had chosen the same before."
    if tested.cold:
        told, instead = ("predicted", "means") if tested.candidates is None else ("ranked", "what is popular")
        how = f"{told} as they are served, by {instead}" if tested.by_popularity else f"{told} by the model itself"
        yield f"Of these cases {tested.cold:,} are of users with no training record, {how}."
    if tested.unscored:
        yield (
            f"Of these cases {tested.unscored:,} are of users whose records say nothing to the model, ranked as "
            "they are served, by what is popular."
        )
    if tested.saturated:
        yield f"No order changes {', '.join(tested.saturated)} here: nearly every list is no longer than the cut."
    if tested.undefined:
        yield f"{tested.undefined}."
    if tested.watched in tested.saturated:
        yield f"The early stop watched {tested.watched} all the same, as was asked for; metric=auto watches another."


def _unplaced(unplaced: Unplaced | None, label: str, predicted: bool) -> Iterator[str]:
    if unplaced is None:
        return
    if unplaced.count:
        nor = f" nor any features ({', '.join(unplaced.features)})" if unplaced.features else ""
        said = f"have neither a training record{nor}" if nor else "have no training record"
        yield (
            f"{unplaced.count:,} of {unplaced.of:,} {label} nodes {said}: they are never recommended, and "
            + ("means are predicted of them." if predicted else "ranked last where they are asked for.")
        )
    if unplaced.partly:
        lacking = ", ".join(f"{count:,} lack {name}" for name, count in unplaced.lacking.items())
        yield (
            f"{unplaced.partly:,} {label} nodes without a training record have part of their features ({lacking}): "
            "they are placed by the others."
        )


def sentences_of(told: Mapping[str, Any]) -> Sequence[str]:
    """Return the sentences of an account as a manifest has it; none of a run of before there were any."""
    found: Sequence[str] = told.get("account", {}).get("sentences", ())
    return found
