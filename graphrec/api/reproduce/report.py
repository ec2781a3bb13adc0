"""A report: sections of text, tables and pictures, as one HTML file, and as Markdown with its pictures beside it."""

from __future__ import annotations

import shutil
import time
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from graphrec.files import replacing_folder, write_json
from graphrec.serving.explore.reports import FACTS, HTML, MARKDOWN

TYPES = {".svg": "image/svg+xml", ".png": "image/png"}


@dataclass(frozen=True)
class Text:
    """Paragraphs, or with ``listed`` the points of a list."""

    lines: Sequence[str]
    listed: bool = False


@dataclass(frozen=True)
class Table:
    """Cells of text; the first column names the rows."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""


@dataclass(frozen=True)
class Picture:
    """The bytes of an image; ``name`` is a file name that ends in .svg or .png."""

    name: str
    data: bytes
    caption: str


Block = Text | Table | Picture


@dataclass(frozen=True)
class Section:
    """Blocks under a title."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Report:
    """What a reproduction has found.

    Attributes:
        paper: name of the paper.
        title: of the report.
        summary: what it comes to, in a sentence or two.
        claims: what the paper says, and whether it holds here.
        differs: from what the paper did, a sentence each.
        sections: the rest.
    """

    paper: str
    title: str
    summary: str
    claims: Table
    differs: Sequence[str]
    sections: Sequence[Section]


def write_report(report: Report, folder: Path) -> None:
    """Write ``report.html``, ``report.md``, ``pictures`` and ``report.json`` into ``folder``, all or nothing."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with replacing_folder(folder) as made:
        (made / HTML).write_text(_html(report), encoding="utf-8")
        (made / MARKDOWN).write_text(_markdown(report), encoding="utf-8")
        for picture in _pictures(report):
            (made / "pictures").mkdir(exist_ok=True)
            (made / "pictures" / picture.name).write_bytes(picture.data)
        facts = {"paper": report.paper, "title": report.title, "summary": report.summary}
        write_json(made / FACTS, {**facts, "made": time.strftime("%Y-%m-%dT%H:%M:%S%z")})
        # An earlier report of the same study gives way only once this one is whole.
        shutil.rmtree(folder, ignore_errors=True)


def _pictures(report: Report) -> Iterable[Picture]:
    return (block for section in report.sections for block in section.blocks if isinstance(block, Picture))


_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 80rem; margin: 2rem auto; padding: 0 1rem }
h1 { line-height: 1.2 } h2 { margin-top: 2.5rem; border-bottom: 1px solid #ddd }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums }
table { display: block; overflow-x: auto }
th, td { padding: .25rem .7rem; border-bottom: 1px solid #e5e5e5; text-align: right; white-space: nowrap }
th:first-child, td:first-child { text-align: left } th { border-bottom: 2px solid #999 }
figure { margin: 1rem 0 } img { max-width: 100% } .caption { color: #555; font-size: .9em; max-width: 50rem }
"""


def _html(report: Report) -> str:
    title = escape(report.title)
    parts = [
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>',
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>',
        f"<h1>{title}</h1>\n<p><strong>{escape(report.summary)}</strong></p>",
    ]
    for section in report.sections:
        parts.append(f"<h2>{escape(section.title)}</h2>")
        parts += map(_block_html, section.blocks)
    return "\n".join([*parts, "</body></html>\n"])


def _block_html(block: Block) -> str:
    if isinstance(block, Text):
        if block.listed:
            return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in block.lines) + "</ul>"
        return "".join(f"<p>{escape(line)}</p>" for line in block.lines)
    if isinstance(block, Picture):
        data = f"data:{TYPES[Path(block.name).suffix]};base64,{b64encode(block.data).decode()}"
        caption = escape(block.caption)
        return f'<figure><img src="{data}" alt="{caption}"><figcaption class="caption">{caption}</figcaption></figure>'
    head = "".join(f"<th>{escape(one)}</th>" for one in block.columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(one)}</td>" for one in row) + "</tr>\n" for row in block.rows
    )
    caption = f'<p class="caption">{escape(block.caption)}</p>' if block.caption else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>{caption}"


def _markdown(report: Report) -> str:
    parts = [f"# {report.title}", f"**{report.summary}**"]
    for section in report.sections:
        parts += [f"## {section.title}", *map(_block_markdown, section.blocks)]
    return "\n\n".join(parts) + "\n"


def _block_markdown(block: Block) -> str:
    if isinstance(block, Text):
        return "\n".join(f"- {line}" for line in block.lines) if block.listed else "\n\n".join(block.lines)
    if isinstance(block, Picture):
        return f"![{block.caption}](pictures/{block.name})\n\n{block.caption}"
    lines = [block.columns, ["---", *["---:"] * (len(block.columns) - 1)], *block.rows]
    table = "\n".join("| " + " | ".join(one.replace("|", "\\|") for one in line) + " |" for line in lines)
    return f"{table}\n\n{block.caption}" if block.caption else table
