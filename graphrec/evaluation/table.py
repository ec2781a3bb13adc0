"""Several evaluations side by side, for the terminal and for documentation."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table

from graphrec.evaluation.evaluate import Evaluation
from graphrec.evaluation.metrics import metric


def rich_table(evaluations: Mapping[str, Evaluation], *, intervals: bool = True) -> Table:
    """Return a table with a row per evaluation and a column per metric, the best figure of each in bold."""
    header, rows = _cells(evaluations, intervals, "[bold]{}[/bold]")
    table = Table()
    for number, title in enumerate(header):
        table.add_column(title, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    return table


def markdown(evaluations: Mapping[str, Evaluation], *, intervals: bool = True) -> str:
    """Return the same table in Markdown, ending in a newline."""
    header, rows = _cells(evaluations, intervals, "**{}**")
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "".join(f"| {' | '.join(row)} |\n" for row in [header, rule, *rows])


def _cells(
    evaluations: Mapping[str, Evaluation], intervals: bool, bold: str
) -> tuple[list[str], list[list[str]]]:
    names = list(dict.fromkeys(name for one in evaluations.values() for name in one.metrics))
    best = {name: _best(evaluations, name) for name in names}
    header = ["model", "groups", *(f"{name} {_arrow(name)}" for name in names)]
    rows = []
    for title, one in evaluations.items():
        row = [title, f"{one.groups:,}"]
        for name in names:
            if name not in one.metrics:
                row.append("-")
                continue
            figure = f"{one.metrics[name]:.4f}"
            cell = bold.format(figure) if len(evaluations) > 1 and one.metrics[name] == best[name] else figure
            if intervals and name in one.ci95:
                low, high = one.ci95[name]
                cell += f" ({low:.4f}-{high:.4f})"
            row.append(cell)
        rows.append(row)
    return header, rows


def _best(evaluations: Mapping[str, Evaluation], name: str) -> float:
    figures = [one.metrics[name] for one in evaluations.values() if name in one.metrics]
    return max(figures) if metric(name).higher_is_better else min(figures)


def _arrow(name: str) -> str:
    return "↑" if metric(name).higher_is_better else "↓"
