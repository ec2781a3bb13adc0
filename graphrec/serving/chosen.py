"""What of the graph counts as chosen: records that are positive by the rule of a run's task, or by the usual one."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from graphrec import schema
from graphrec.errors import NotFoundError, TrainingError
from graphrec.graph.projection import PROJECTIONS, types_of
from graphrec.properties import Properties
from graphrec.tasks.positive import POSITIVE, Condition
from graphrec.tasks.ranking import Ranking
from graphrec.training.runs import find_run, task_of
from graphrec.workspace import Workspace

_PLACE = re.compile(
    r"\{positive (?P<record>\w+) from (?P<user>\w+) to (?P<node>\w+)\}"
    r"|\{nothing against (?P<item>\w+) by (?P<by>\w+)\}"
    r"|\{praise (?P<comment>\w+) of (?P<of>\w+) by (?P<writer>\w+)\}"
)
_COMMENTED = PROJECTIONS["comments"]
COMMENTS = _COMMENTED.relationship
_SIGNS = {"==": "=", "!=": "<>"}


@dataclass(frozen=True)
class Chosen:
    """When a record counts as positive.

    A pair counts where one of its records is positive and none says otherwise: who viewed something and rated it low
    has not chosen it.

    Attributes:
        rules: by relationship type, or path of types, what must hold; of one that is not named every record counts.
        only: the only types that count; None for all.
    """

    rules: tuple[tuple[str, tuple[Condition, ...]], ...]
    only: tuple[str, ...] | None = None

    def fill(self, text: str, *, newest: bool = False) -> str:
        """Return ``text`` with Cypher for what stands in braces.

        ``{positive e from u to n}``, of an ``e`` that stands elsewhere as ``[e:RATED|LIKED]``: the pair counts by it.
        ``{nothing against n by u}``: no record of the item says that the user does not like it. With ``newest``, of
        several records of one type between the same two the newest counts.
        ``{praise c of n by u}``: the comment ``c`` of the user on the node counts, whatever another one says.
        """

        def filled(place: re.Match[str]) -> str:
            if place["item"]:
                return " AND ".join(self._unopposed(place["by"], place["item"], _types("Item"))) or "true"
            return self._praises(place) if place["comment"] else self._holds(text, place, newest)

        return _PLACE.sub(filled, text)

    def parameters(self, text: str) -> dict[str, float | str]:
        """Return what the filled ``text`` compares with."""
        return {
            _parameter(kind, place): one.value
            for kind, rules in self.rules
            for place, one in enumerate(rules)
            if f"${_parameter(kind, place)}" in text
        }

    def leads_to(self, label: str) -> Chosen:
        """Return the same rule, of all types where none of ``only`` is about nodes of ``label``."""
        if self.only is None or not {*self.only}.isdisjoint(_types(label)):
            return self
        return Chosen(self.rules)

    def _holds(self, text: str, place: re.Match[str], newest: bool) -> str:
        record, user, node = place["record"], place["user"], place["node"]
        bound = re.search(rf"\[{record}:([\w|]+)\]", text)
        assert bound is not None, f"{record} is not bound in {text}"
        possible = bound[1].split("|")
        types = [kind for kind in possible if self.only is None or kind in self.only]
        if not types:
            return "false"
        said = []
        if len(types) < len(possible):
            said.append("(" + " OR ".join(f"type({record}) = '{kind}'" for kind in types) + ")")
        for kind, rules in self.rules:
            if not rules or kind not in types:
                continue
            own = _text(kind, rules, (record, user, node))
            if newest:
                own += f" AND NOT EXISTS {{ MATCH ({user})-[newer:{kind}]->({node}) WHERE newer.at > {record}.at }}"
            # In this form: of a type that is asked for inside, the embedded database takes no notice there.
            others = [f"type({record}) <> '{kind}'", *self._unopposed(user, node, [kind])]
            said.append(f"((type({record}) = '{kind}' AND {own}) OR ({' AND '.join(others)}))")
        return " AND ".join(said) or "true"

    def _praises(self, place: re.Match[str]) -> str:
        if self.only is not None and COMMENTS not in self.only:
            return "false"
        comment, rules = place["comment"], dict(self.rules).get(COMMENTS, ())
        told = _text(COMMENTS, rules, (comment, place["writer"], place["of"]))
        return " AND ".join(filter(None, [told, f"coalesce({comment}.left_out, '') = ''"]))

    def _unopposed(self, user: str, node: str, types: Collection[str]) -> list[str]:
        return [
            f"NOT EXISTS {{ MATCH ({user})-[against:{kind}]->({node}) WHERE NOT ({held}) }}"
            for kind, rules in self.rules
            if rules and kind in types and (self.only is None or kind in self.only)
            for held in [_text(kind, rules, ("against", user, node))]
        ]


USUAL = Chosen(tuple(POSITIVE.items()))
"""Where no run says otherwise."""


def chosen_by(
    properties: Properties, workspace: Workspace, run_id: str, *, own_only: bool = False
) -> Chosen:
    """Return when a record counts by the run: its own conditions on its own records, the usual ones on others.

    With ``own_only`` no others count. The usual rule where its files are elsewhere, or it is no ranking.
    """
    try:
        run = find_run(workspace, run_id)
        parts = [run, *run.also.values()]
        tasks = {str(part.manifest["projection"]["relationship"]): task_of(part) for part in parts}
    except (NotFoundError, TrainingError):
        return USUAL
    own = {
        kind: rules
        for relationship, task in tasks.items()
        if isinstance(task, Ranking)
        for kind in ([relationship] if relationship == COMMENTS else types_of(relationship))
        if (rules := _of_type(properties, kind, task.positive)) is not None
    }
    return Chosen(tuple({**dict(USUAL.rules), **own}.items()), (tuple(own) or None) if own_only else None)


def _of_type(properties: Properties, kind: str, rules: Sequence[Condition]) -> tuple[Condition, ...] | None:
    """Return ``rules`` as they are asked of one type of several; None where its records cannot hold them."""
    known = {one.name: one.type for one in properties.of("Comment" if kind == COMMENTS else kind)}
    found = []
    for rule in rules:
        label, name = rule.of_node(), rule.property.rpartition(".")[2]
        of = known if label is None else {one.name: one.type for one in properties.of(label)}
        if name not in of:
            if name == schema.WEIGHT:
                # The sum over all types, which no single record says.
                continue
            return None
        found.append(replace(rule, value=bool(rule.value)) if of[name] == "bool" else rule)
    return tuple(found)


def _types(label: str) -> set[str]:
    # An item is also chosen by its segments.
    ends = {("User", label), ("User", "Segment")} if label == "Item" else {("User", label)}
    found = {rel.name for rel in schema.RELATIONSHIPS.values() if not ends.isdisjoint(rel.ends)}
    return found | {COMMENTS} if label == _COMMENTED.item else found


def _text(kind: str, rules: Sequence[Condition], variables: tuple[str, str, str]) -> str:
    """Return ``rules`` as Cypher; ``variables`` are those of the record, of its user and of its node."""
    record, user, node = variables
    of = {None: record, "User": user}
    return " AND ".join(
        f"{of.get(one.of_node(), node)}.`{one.property.rpartition('.')[2]}` "
        f"{_SIGNS.get(one.operator, one.operator)} ${_parameter(kind, place)}"
        for place, one in enumerate(rules)
    )


def _parameter(kind: str, place: int) -> str:
    return f"{kind.lower().replace('>', '_')}_{place}"
