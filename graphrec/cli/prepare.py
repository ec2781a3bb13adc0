"""``graphrec prepare``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
from graphrec.loaders.comments import On
from graphrec.media.comments.splitters import CURE, Splitter, dictionaries, installed
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
    splitter: Annotated[
        Splitter | None,
        typer.Option(
            help="What tells Japanese or Chinese words apart: a dictionary (mecab, jieba; by default where it is "
            "installed), or script: where the script changes, pairs of characters."
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
    feelings: Annotated[
        str,
        typer.Option(
            metavar="words|likes|MODEL",
            help="What tells whether comments say something bad: words, a list of praise and blame; likes, the words "
            "of comments that users like, against others; or a model of Transformers that classifies texts, by its "
            "folder or name.",
        ),
    ] = "words",
    bad_share: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="With --feelings likes: at most this share of comments is bad, those least like liked ones; 0.1 by "
            "default.",
        ),
    ] = None,
    negative_label: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LABEL",
            help="With a model: its label of what is bad, where the names of its labels do not say so; may be "
            "repeated.",
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
    typing_speed: Annotated[
        float | None,
        typer.Option(
            min=0,
            metavar="WORDS_PER_MINUTE",
            help="A comment was begun so much before it was sent as it took to type, and is put on what was playing "
            "then; 40 by default, 0 to leave it where it was sent. In Japanese two characters are a "
            "word, in Chinese one and a half.",
        ),
    ] = None,
    on: Annotated[
        On | None,
        typer.Option(help="What comments shall be ON where their video has any; by default what each is ON now."),
    ] = None,
    shots: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Put comments on frames: each video that has none is cut into so many equal shots, and a frame stands "
            "for each that is commented, by its time alone; 1,000 in the paper of KFRCI.",
        ),
    ] = None,
    show: Annotated[int, typer.Option(min=0, help="Show so many comments before and after.")] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing.")] = False,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Make comments usable: their words, whether they say something bad, which say nothing of what is seen, and when
    they were begun.

    What people wrote stays as it is; words, polarity, left_out and moment_s are worked out beside it, again with other
    settings as often as you like.

    Example: `graphrec load comments comments.csv && graphrec prepare comments --show 20`

    Example: `graphrec prepare comments --words my-slang.tsv --opening 10 --dry-run`

    Example: `graphrec prepare comments --feelings likes --bad-share 0.05`

    Example: `graphrec prepare comments --feelings models/sentiment --negative-label LABEL_0`
    """
    from graphrec.api.prepare import prepare_comments
    from graphrec.errors import UsageError, unknown
    from graphrec.media.comments.clean import Cleaning
    from graphrec.media.comments.feelings import FeelingSettings

    if what != "comments":
        raise unknown("thing to prepare", what, ["comments"])
    if shots and on is On.SEGMENT:
        raise UsageError("--shots puts comments on frames; leave out --on segment")
    given = {"opening_s": opening, "greeting_videos": greeting_videos, "typing_speed": typing_speed}
    cleaning = Cleaning.model_validate({name: value for name, value in given.items() if value is not None})
    felt = FeelingSettings.model_validate(
        {"by": feelings, "bad_share": bad_share, "negative_labels": tuple(negative_label or ())}
    )
    with opened(workspace, store, write=not dry_run) as (graph, _), err.status("Opening") as status:
        done = prepare_comments(
            graph,
            cleaning,
            language=language,
            splitter=splitter,
            feelings=felt,
            more=words or [],
            on=on.capitalize() if on else None,
            shots=shots,
            show=show,
            write=not dry_run,
            tell=status.update,
        )
    if as_json:
        print_json(done)
        return
    _tell(done, cleaning.typing_speed, dry_run=dry_run)


def _tell(done: Prepared, typing_speed: float, *, dry_run: bool) -> None:
    if done.examples:
        rows = [
            [one.text, one.words, "bad" if one.polarity < 0.5 else "", one.left_out, f"{one.time_s - one.moment_s:.1f}"]
            for one in done.examples
        ]
        print_wide(["text", "words", "says", "left out", "typed, s"], rows)
    counts = done.counts
    lines = [
        f"{counts['comments']:,} comments, {counts['different texts']:,} different texts, split as {done.language} by "
        f"{done.splitter}{_better(done)}",
        f"{counts['with slang']:,} have slang, which was replaced; {counts['stop words']:,} stop words were taken out",
        f"left out: {counts['no words']:,} without words, {counts['opening']:,} on the opening, "
        f"{counts['greeting']:,} greetings; {counts['usable']:,} are usable",
        *_feelings(done),
    ]
    lines += _places(done.places, typing_speed, dry_run=dry_run)
    if done.without_time:
        lines.append(f"{done.without_time:,} stand at no moment of a video, such as tags, and stay as they are")
    lines.append(f"{done.written:,} {'would change' if dry_run else 'changed'}")
    for line in lines:
        out.print(line, markup=False, soft_wrap=True)


def _feelings(done: Prepared) -> Iterator[str]:
    """Say how many comments say something bad, and how that was told."""
    counts = done.counts
    if done.feelings.by == "words":
        yield (
            f"{counts['positive']:,} say something good, {counts['negative']:,} something bad, and "
            f"{counts['neutral']:,} neither, which counts as good; by a list of words"
        )
        return
    yield f"{counts['negative']:,} say something bad, and {counts['neutral']:,} do not, which counts as good"
    yield from done.feelings.notes


def _places(places: Mapping[str, int], typing_speed: float, *, dry_run: bool) -> Iterator[str]:
    """Say what comments are on."""
    moved = "would move" if dry_run else "moved"
    typing = f"typed at {typing_speed:g} words a minute" if typing_speed else "typing takes no time here"
    yield f"{places['moved']:,} {moved} to what was playing when they were begun ({typing}), {places['stayed']:,} stay"
    if places["on whole videos"]:
        yield f"{places['on whole videos']:,} are on a whole video, and stay there"
    if places["on nothing"]:
        yield f"{places['on nothing']:,} are on nothing: nobody knows of which video they are"
    if places["videos in equal shots"]:
        yield (
            f"{places['videos in equal shots']:,} videos are cut into equal shots, of which "
            f"{places['commented shots']:,} have comments: their frames have a time and no picture"
        )
    if places["of unknown length"]:
        yield f"nobody knows how long {places['of unknown length']:,} of them are; these end at their last comment"
    if places["videos in equal shots"] and places["videos with frames"]:
        yield f"{places['videos with frames']:,} videos have frames of their own, which comments are on there"


def _better(done: Prepared) -> str:
    """Say what would know the language's words, where that is not installed."""
    missing = [one for one in dictionaries(done.language) if not installed(one)]
    return f"; {CURE} brings {' and '.join(missing)}, which knows its words" if missing else ""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(prepare)
