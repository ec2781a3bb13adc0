"""The parameters of a named query, as fields of a form; what is typed stands in the page's address."""

from __future__ import annotations

import streamlit as st

from graphrec import schema
from graphrec.app.parts.picker import pick
from graphrec.store.queries import NamedQuery, Parameter

PICKED = {"user": "User", "video": "Item", "item": "Item"}
"""Parameters that are the id of a node, and its label."""
PER_LINE = 3


def fields(query: NamedQuery) -> dict[str, str]:
    """Draw a field for each parameter; return what stands in those that are filled."""
    given = dict[str, str]()
    for start in range(0, len(query.parameters), PER_LINE):
        line = query.parameters[start : start + PER_LINE]
        for column, parameter in zip(st.columns(PER_LINE), line, strict=False):
            with column:
                value = _field(parameter)
            if value is not None and value != "":
                given[parameter.name] = str(value)
    return given


def _field(parameter: Parameter) -> str | int | float | None:
    name, default = parameter.name, parameter.default
    caption = f"{name} ({parameter.type})"
    if name in PICKED and parameter.type == "string":
        return pick(PICKED[name], caption, name)
    match parameter.type:
        case "label":
            labels = list(schema.EMBEDDED_LABELS)
            at = labels.index(str(default)) if default in labels else 0
            return st.selectbox(caption, labels, index=at, key=name, bind="query-params")
        case "int64":
            whole = None if default is None else int(default)
            return st.number_input(caption, value=whole, step=1, key=name, bind="query-params")
        case "float64":
            number = None if default is None else float(default)
            return st.number_input(caption, value=number, step=0.5, key=name, bind="query-params")
    return st.text_input(
        caption, value="" if default is None else str(default), key=name, bind="query-params"
    )
