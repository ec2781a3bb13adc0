"""``graphrec export``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from graphrec.api import export as exporting
from graphrec.api.neo4j_import import export_neo4j_import
from graphrec.cli.common import DEFAULT_WORKSPACE, JsonFlag, StoreFlag, WorkspaceFlag, opened, out, print_json
from graphrec.workspace import Workspace

group = typer.Typer(
    no_args_is_help=True,
    help="Write graph, embeddings, or a run's split and cases as Parquet, npy, GraphML or CSV for Neo4j's importer.\n\n"
    "Example: `graphrec export graph backup/`",
)

Target = Annotated[Path, typer.Argument(help="File or folder to write; it must not exist yet.")]


@group.command("graph")
def graph(
    target: Target,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Write every label and relationship type as a Parquet file into a folder.

    Example: `graphrec export graph backup/`
    """
    with opened(workspace, store) as (opened_store, _):
        files = exporting.export_graph(opened_store, target)
    _say_files(target, files, as_json)


@group.command("embeddings")
def embeddings(
    target: Target,
    model: Annotated[str | None, typer.Option(help="Whose; the last published by default.")] = None,
    run: Annotated[str | None, typer.Option(help="Those of this run, published or not.")] = None,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Write a run's embeddings as <label>.npy (float32) and <label>.txt (ids) into a folder.

    Example: `graphrec export embeddings vectors/`
    """
    with opened(workspace, store) as (opened_store, folder):
        files = exporting.export_embeddings(opened_store, target, model, folder, run)
    _say_files(target, files, as_json)


@group.command("split")
def split(
    run: Annotated[str, typer.Argument(help="Id of the run; `graphrec runs` lists them.")],
    target: Annotated[Path, typer.Argument(help="Parquet file to write; it must not exist yet.")],
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    as_json: JsonFlag = False,
) -> None:
    """Write what trained, validated and tested a run: user, item, part, and the records' values and times.

    Example: `graphrec export split mf-20260102-030405 split.parquet`
    """
    from graphrec.api.export_run import export_split

    rows = export_split(Workspace(workspace), run, target)
    if as_json:
        print_json({"file": target, "rows": rows})
        return
    out.print(f"{', '.join(f'{count:,} {part}' for part, count in rows.items())} in {target}", markup=False)


@group.command("cases")
def cases(
    run: Annotated[str, typer.Argument(help="Id of the run; `graphrec runs` lists them.")],
    target: Annotated[Path, typer.Argument(help="Parquet file to write; it must not exist yet.")],
    part: Annotated[str, typer.Option(help="test or valid.")] = "test",
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    as_json: JsonFlag = False,
) -> None:
    """Write the metrics of every case of a run, for tests of your own.

    Example: `graphrec export cases mf-20260102-030405 cases.parquet`
    """
    from graphrec.api.export_run import export_cases

    count = export_cases(Workspace(workspace), run, target, part=part)
    if as_json:
        print_json({"file": target, "cases": count})
        return
    out.print(f"{count:,} cases in {target}", markup=False)


@group.command("networkx")
def networkx(
    target: Target,
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the whole graph as GraphML, through networkx.

    Example: `graphrec export networkx graph.graphml`
    """
    with opened(workspace, store) as (opened_store, _):
        nodes, edges = exporting.export_graphml(opened_store, target)
    if as_json:
        print_json({"file": target, "nodes": nodes, "relationships": edges})
        return
    out.print(f"{nodes:,} nodes and {edges:,} relationships in {target}", markup=False)


@group.command("neo4j-import")
def neo4j_import(
    target: Target,
    database: Annotated[str, typer.Option(help="Name of the database that the importer makes.")] = "neo4j",
    workspace: WorkspaceFlag = DEFAULT_WORKSPACE,
    store: StoreFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Write CSV files for `neo4j-admin database import`, the fastest first load of a Neo4j server.

    Runs and embeddings are left out; `graphrec publish RUN` writes them afterwards.

    Example: `graphrec export neo4j-import for-neo4j/`
    """
    with opened(workspace, store) as (opened_store, _):
        written = export_neo4j_import(opened_store, target, database)
    if as_json:
        print_json(written)
        return
    out.print(
        f"{written.nodes:,} nodes and {written.relationships:,} relationships in {target}; on the server's "
        f"machine, while the server is stopped, run import.sh there, or:\n",
        markup=False, soft_wrap=True,
    )  # fmt: skip
    out.print(f"cd {shlex.quote(str(target))} && {written.command}\n", markup=False, soft_wrap=True)
    out.print("then start the server, and:\n", markup=False)
    for command in written.afterwards:
        out.print(command, markup=False, soft_wrap=True)


def _say_files(target: Path, files: list[str], as_json: bool) -> None:
    if as_json:
        print_json({"folder": target, "files": files})
    else:
        out.print(f"{len(files)} files in {target}", markup=False)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.add_typer(group, name="export")
