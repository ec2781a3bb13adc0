"""Pictures and videos of the workspace, and nothing else, as the browser asks for them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

from graphrec.app.settings import current
from graphrec.workspace import Workspace

ROUTE = "/workspace"
TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".ogv": "video/ogg",
}


def address(workspace: Workspace, uri: str | None) -> str | None:
    """Return where the browser finds a file of the workspace; None for a file that lies elsewhere, or is none.

    Args:
        workspace: the folder.
        uri: a path as the graph has it, below the workspace's folder or absolute.
    """
    found = _inside(workspace, uri) if uri else None
    if found is None:
        return None
    return f"{ROUTE}/{quote(found.relative_to(workspace.root.resolve()).as_posix())}"


async def serve(request: Request) -> FileResponse:
    """Answer with the file; one that is asked for from its middle on comes from there on."""
    found = _inside(current().workspace, request.path_params["path"])
    if found is None:
        raise HTTPException(404)
    # A file keeps its name and its content: thumbnails lie under a digest of what they show.
    return FileResponse(
        found, media_type=TYPES[found.suffix.lower()], headers={"Cache-Control": "private, max-age=3600"}
    )


route = Route(f"{ROUTE}/{{path:path}}", serve)


def _inside(workspace: Workspace, uri: str) -> Path | None:
    if Path(uri).suffix.lower() not in TYPES:
        return None
    try:
        found = (workspace.root / uri).resolve()
        inside = found.is_relative_to(workspace.root.resolve()) and found.is_file()
    except (OSError, ValueError):
        return None
    return found if inside else None
