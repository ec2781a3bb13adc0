"""What users have had, in one query for one of them or for many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from graphrec.graph.projection import types_of
from graphrec.schema import Property
from graphrec.serving.lookups import check_label, text_of
from graphrec.store.base import GraphStore, TellingStore
from graphrec.store.spliced import spliced, with_properties

OF_USERS = "{u of users}"
"""In a query's text, where it says whose history is asked for."""


def seen(store: GraphStore, label: str, users: Sequence[str]) -> list[list[str]]:
    """Return for each of ``users`` the ids of the ``label`` nodes that the user has interacted with."""
    check_label(label)
    text, given = _asked(store, text_of(f"seen_{label.lower()}"), users)
    found: dict[str, list[str]] = {user: [] for user in users}
    table = store.read(text, **given)
    for user, node in zip(table["user"].to_pylist(), table["id"].to_pylist(), strict=True):
        found[user].append(node)
    return [found[user] for user in users]


def records(
    store: GraphStore, kind: str, label: str, users: Sequence[str], properties: Sequence[Property]
) -> pa.Table:
    """Return ``user``, ``id`` of a ``label`` node and ``properties`` of each relationship ``kind`` that users have."""
    text = with_properties(spliced("records", type=kind, label=label), "e", properties)
    text, given = _asked(store, text, users)
    return store.read(text, **given)


def comments(
    store: GraphStore, projection: Mapping[str, Any], users: Sequence[str], properties: Sequence[Property]
) -> pa.Table:
    """Return ``user``, ``id`` of what it is on, and ``properties`` of each comment of use; see ``Projection``."""
    first, second = types_of(str(projection["relationship"]))
    text = spliced("records_through", type=first, then=second, label=str(projection["item"]))
    text, given = _asked(store, with_properties(text, "e", properties), users)
    return store.read(text, **given)


def _asked(store: GraphStore, text: str, users: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Return ``text`` as it is asked of ``users``, and its parameters."""
    if len(users) == 1:
        return text.replace("(u:User)", "(u:User {id: $user})").replace(OF_USERS, "true"), {"user": users[0]}
    among = "u.id IN $users"
    given: dict[str, Any] = {"users": list(users)}
    if not isinstance(store, TellingStore):
        # The embedded database compares each of its users with each of these; a range leaves few to compare.
        among = f"u.id >= $first AND u.id <= $last AND {among}"
        given |= {"first": min(users, default=""), "last": max(users, default="")}
    return text.replace(OF_USERS, among), given
