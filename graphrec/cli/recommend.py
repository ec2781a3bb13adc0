"""``graphrec recommend``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graphrec.cli.common import (
    DEFAULT_WORKSPACE,
    JsonFlag,
    StoreFlag,
    WorkspaceFlag,
    bar,
    err,
    opened,
    out,
    print_json,
    table,
)
from graphrec.errors import UsageError
from graphrec.serving.recommend import Recommendation, Request
from graphrec.serving.recommend import recommend as rank
from graphrec.serving.variety import Variety


def recommend(
    user: Annotated[str | None, typer.Argument(help="Id of the user; or --all-users, or --users.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many.")] = 10,
    model: Annotated[
        str | None, typer.Option(help="Whose published embeddings; the last published by default.")
    ] = None,
    run: Annotated[str | None, typer.Option(help="Score with this run instead, published or not.")] = None,
    within: Annotated[
        str | None, typer.Option(help="Rank the segments (or frames) of this video only.")
    ] = None,
    label: Annotated[str | None, typer.Option(help="Item, Segment or Frame.")] = None,
    include_seen: Annotated[
        bool, typer.Option("--include-seen", help="Also what the user has already chosen.")
    ] = False,
    new_only: Annotated[bool, typer.Option("--new-only", help="Only what nobody has chosen yet.")] = False,
    with_frame: Annotated[
        bool, typer.Option("--with-frame", help="Each item with the frame of it to show to this user.")
    ] = False,
    rated: Annotated[
        bool, typer.Option("--rated", help="Rank by the predicted rating, and show it.")
    ] = False,
    rank_by: Annotated[
        str | None,
        typer.Option(
            metavar="RUN", help="Let this run, such as one of a model of clicks, rank the 500 best; its score is shown."
        ),
    ] = None,
    diversity: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Of the 500 best each next has the most (1 - this) x score - this x cosine to the most alike above "
            "it: 0 for the score alone.",
        ),
    ] = 0.0,
    at_most: Annotated[
        int | None, typer.Option(min=1, help="So many, at most, that share a value of what --of names.")
    ] = None,
    of: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="A property, such as uploader or year, or a relationship, such as IN_GENRE."
        ),
    ] = None,
    why: Annotated[bool, typer.Option("--explain", help="Say why, for each.")] = False,
    all_users: Annotated[
        bool, typer.Option("--all-users", help="The lists of all users, into the file --to.")
    ] = False,
    users: Annotated[
        Path | None, typer.Option(help="A text file with an id per line: the lists of these, into the file --to.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="Parquet file: user, rank, item, score, basis. What was stopped goes on.")
    ] = None,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Recommend items or segments to a user.

    Example: `graphrec recommend u001 -k 5 --new-only`, or `graphrec recommend --all-users -k 50 --to lists.parquet`

    Example: `graphrec recommend u001 --model lightgcn --rank-by deepfm-20261128-014934`

    Example: `graphrec recommend u001 --diversity 0.3 --at-most 2 --of uploader`
    """
    from graphrec.serving.explain import explain

    if sum([user is not None, all_users, users is not None]) != 1:
        raise UsageError("recommend takes one of a user's id, --all-users and --users FILE")
    variety = Variety(diversity, at_most, of)
    if user is None:
        if to is None or within is not None or why or with_frame:
            raise UsageError("lists of many users go into a file, --to FILE, without --within, --explain, --with-frame")
        request = Request(
            "", k, model, run, None, label, include_seen, new_only, rated=rated, rank_by=rank_by, variety=variety
        )
        _lists(workspace, store, request, users, to, as_json)
        return
    if to is not None:
        raise UsageError("--to goes with --all-users or --users")
    with opened(workspace, store) as (graph, folder):
        request = Request(
            user, k, model, run, within, label, include_seen, new_only, with_frame, rated, rank_by, variety
        )
        ranking = rank(graph, folder, request)
        popular = ranking.basis == "popularity"
        by = ranking.basis if rated else run
        told = (
            [explain(graph, folder, user, item.id, model=model, run=by) for item in ranking.items]
            if why and not popular
            else []
        )
        reasons = [_popular(item) for item in ranking.items] if why and popular else [one.sentence for one in told]
    if as_json:
        document = {**vars(ranking)}
        if why:
            document["reasons"] = reasons
            document["note"] = " ".join(filter(None, [ranking.note, told[0].note if told else ""]))
        print_json(document)
        return
    if ranking.note:
        prefix = "by popularity: " if ranking.basis == "popularity" else ""
        err.print(f"{prefix}{ranking.note}", markup=False)
    if told and told[0].note:
        err.print(told[0].note, markup=False, soft_wrap=True)
    if not ranking.items:
        given = [flag for flag, on in (("--within", within), ("--new-only", new_only)) if on]
        cures = [*([] if include_seen else ["add --include-seen"]), *(f"drop {flag}" for flag in given)]
        err.print(f"nothing is left to recommend{'; ' if cures else ''}{' or '.join(cures)}")
        return
    out.print(
        ranked(
            ranking.items,
            title=f"for {user}, by {ranking.basis}",
            reasons=reasons,
            score="rating" if ranking.rated else "score",
        )
    )


def _lists(
    workspace: Path, store: str | None, request: Request, users: Path | None, to: Path, as_json: bool
) -> None:
    from graphrec.serving.lists import read_users, write_lists

    chosen = None if users is None else read_users(users)
    with opened(workspace, store) as (graph, folder), bar(quiet=as_json) as progress:
        task = progress.add_task("users", total=None)
        done = write_lists(
            graph,
            folder,
            request,
            to,
            chosen,
            step=lambda done, of: progress.update(task, completed=done, total=of),
        )
    if as_json:
        print_json(done)
        return
    by = ", ".join(f"{count:,} by {basis}" for basis, count in sorted(done.by.items()))
    empty, left = done.users - sum(done.by.values()), done.left_out
    out.print(
        f"{done.path}: {done.rows:,} {done.label} places for {done.users:,} users ({by or 'none'})"
        + (f"; for {empty:,} nothing is left to recommend" if empty else "")
        + (f"; {left:,} candidates that {request.rank_by} knows nothing of are left out" if left else "")
        + (f"; {done.resumed:,} users were done before" if done.resumed else ""),
        markup=False,
        soft_wrap=True,
    )


def _popular(item: Recommendation) -> str:
    if not item.score:
        return "Nobody has chosen it yet; it fills the list."
    return f"It is popular: {item.score:.0f} user{'s' if item.score > 1 else ''} chose it."


def ranked(
    items: list[Recommendation], *, title: str, reasons: list[str] | None = None, score: str = "score"
) -> object:
    """Return a table of a ranked list; ``score`` is what the scores are."""
    timed = any(item.video is not None for item in items)
    framed = any(item.frame is not None for item in items)
    columns = [
        "#",
        "id",
        score,
        "title",
        *(["video", "from s", "to s"] if timed else []),
        *(["frame", "at s", "picture"] if framed else []),
        *(["why"] if reasons else []),
    ]
    rows = []
    for place, item in enumerate(items):
        row: list[object] = [place + 1, item.id, item.score, item.title]
        if timed:
            row += [item.video, item.start_s, item.end_s]
        if framed:
            row += [None, None, None] if item.frame is None else [item.frame.id, item.frame.time_s, item.frame.uri]
        if reasons:
            row.append(reasons[place])
        rows.append(row)
    return table(columns, rows, title=title)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(recommend)
