"""A comparison as text that other programs take: Markdown, LaTeX, CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import astuple, fields

from graphrec.api.compare import Comparison
from graphrec.evaluation.side_by_side import Row

COLUMNS = ("metric", "model", "runs", "mean", "sd", "95% from", "to", "difference", "p", "p Holm")


def p_text(p_value: float | None) -> str:
    """Return a p value as papers have it; empty where there is none."""
    if p_value is None:
        return ""
    return "< .001" if p_value < 0.001 else f"{p_value:.3f}".removeprefix("0")


def cells(row: Row) -> list[str]:
    """Return a row as text, in the order of ``COLUMNS``."""
    figures = [_figure(one) for one in (row.mean, row.deviation, row.low, row.high)]
    difference = "" if row.difference is None else f"{row.difference:+.4f}"
    return [row.metric, row.system, str(row.runs), *figures, difference, p_text(row.p_value), p_text(row.p_holm)]


def markdown(found: Comparison) -> str:
    """Return a table of Markdown, the notes below it."""
    lines = [COLUMNS, ["---", "---", *["---:"] * (len(COLUMNS) - 2)], *map(cells, found.rows)]
    table = ["| " + " | ".join(one.replace("|", "\\|") for one in line) + " |" for line in lines]
    return "\n".join([*table, "", *found.notes])


def latex(found: Comparison) -> str:
    """Return a table of LaTeX's package booktabs, the notes below it as its caption."""
    lines = ["\\begin{table}", "\\begin{tabular}{ll" + "r" * (len(COLUMNS) - 2) + "}", "\\toprule", _line(COLUMNS)]
    last = ""
    for row in found.rows:
        lines += ["\\midrule"] if row.metric != last else []
        lines.append(_line(cells(row)))
        last = row.metric
    caption = _escaped(" ".join(found.notes))
    return "\n".join([*lines, "\\bottomrule", "\\end{tabular}", f"\\caption{{{caption}}}", "\\end{table}"])


def csv_text(found: Comparison) -> str:
    """Return CSV with every digit; what there is none of is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(Row)])
    writer.writerows(astuple(row) for row in found.rows)
    return text.getvalue().rstrip("\n")


FORMATS: dict[str, Callable[[Comparison], str]] = {"markdown": markdown, "latex": latex, "csv": csv_text}


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _line(texts: Sequence[str]) -> str:
    return " & ".join(_escaped(text) for text in texts) + " \\\\"


_LATEX = {"\\": "\\textbackslash{}", "<": "$<$", ">": "$>$", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"} | {
    one: f"\\{one}" for one in "&%$#_{}"
}


def _escaped(text: str) -> str:
    return "".join(_LATEX.get(one, one) for one in text)
