"""``graphrec prepare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graphrec.cli.common import (
    DEFAULT_WORKSPACE,
    JsonFlag,
    StoreFlag,
    WorkspaceFlag,
    err,
    opened,
    out,
    print_json,
    print_wide,
)
from graphrec.media.language import Language

if TYPE_CHECKING:
    from graphrec.api.prepare import Prepared


def prepare(
    what: Annotated[str, typer.Argument(metavar="comments", help="What to prepare: comments.")],
    language: Annotated[
        Language | None,
        typer.Option(
            help="How words are told apart: at spaces, where the script changes, or in pairs of characters; by default "
            "told from the scripts of all comments."
        ),
    ] = None,
    words: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Slang, stop words, and words of praise and blame beside those that come with graphrec; may be "
            "repeated. Lines of kind, tab, pattern, and of slang a tab and the word for it.",
        ),
    ] = None,
    opening: Annotated[
        float | None,
        typer.Option(min=0, help="Leave out comments on the first so many seconds of a video; 5 by default."),
    ] = None,
    greeting_videos: Annotated[
        int | None,
        typer.Option(
            min=1, help="Leave out what is said of so many videos, mostly in their first 30 seconds; 5 by default."
        ),
    ] = None,
    show: Annotated[int, typer.Option(min=0, help="Show so many comments before and after.")] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing.")] = False,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Make comments usable: their words, whether they say something bad, and which say nothing of what is seen.

    What people wrote stays as it is; words, polarity and left_out are worked out beside it, again with other settings
    as often as you like.

    Example: `graphrec load comments comments.csv && graphrec prepare comments --show 20`

    Example: `graphrec prepare comments --words my-slang.tsv --opening 10 --dry-run`
    """
    from graphrec.api.prepare import prepare_comments
    from graphrec.errors import unknown
    from graphrec.media.comments.clean import Cleaning

    if what != "comments":
        raise unknown("thing to prepare", what, ["comments"])
    given = {"opening_s": opening, "greeting_videos": greeting_videos}
    cleaning = Cleaning.model_validate({name: value for name, value in given.items() if value is not None})
    with opened(workspace, store, write=not dry_run) as (graph, _), err.status("Opening") as status:
        done = prepare_comments(
            graph, cleaning, language=language, more=words or [], show=show, write=not dry_run, tell=status.update
        )
    if as_json:
        print_json(done)
        return
    _tell(done, dry_run=dry_run)


def _tell(done: Prepared, *, dry_run: bool) -> None:
    if done.examples:
        rows = [
            [one.text, one.words, "bad" if one.polarity < 0.5 else "", one.left_out] for one in done.examples
        ]
        print_wide(["text", "words", "says", "left out"], rows)
    counts = done.counts
    lines = [
        f"{counts['comments']:,} comments, {counts['different texts']:,} different texts, split as {done.language}",
        f"{counts['with slang']:,} have slang, which was replaced; {counts['stop words']:,} stop words were taken out",
        f"left out: {counts['no words']:,} without words, {counts['opening']:,} on the opening, "
        f"{counts['greeting']:,} greetings; {counts['usable']:,} are usable",
        f"{counts['positive']:,} say something good, {counts['negative']:,} something bad, and {counts['neutral']:,} "
        "neither, which counts as good; by a list of words",
    ]
    if done.without_time:
        lines.append(f"{done.without_time:,} stand at no moment of a video, such as tags, and stay as they are")
    lines.append(f"{done.written:,} {'would change' if dry_run else 'changed'}")
    for line in lines:
        out.print(line, markup=False, soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(prepare)
