"""Add a video: upload it or name it, watch how it is described and placed, and see whom it would please."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

import pandas as pd
import streamlit as st

from graphrec.api.adding import ENCODERS, SOUND, Adding, Stage, keep_told, keep_upload, usual_options
from graphrec.app.adding import adder_of
from graphrec.app.graph import ask, workspace
from graphrec.app.links import asked, go, path
from graphrec.app.notices import nothing, problem
from graphrec.app.settings import current
from graphrec.app.text import heading, plain
from graphrec.errors import DataError, GraphrecError, NotFoundError, StoreError
from graphrec.loaders.video_files import SUFFIXES
from graphrec.loaders.videos import VideoOptions
from graphrec.serving.audience import audience
from graphrec.serving.clock import clock
from graphrec.serving.published import current_runs
from graphrec.store.checks import check_owned

AGAIN_S = 0.5


def form() -> None:
    """Ask for a video."""
    with st.form("video", border=True):
        file = st.file_uploader(
            "Video file", [suffix[1:] for suffix in sorted(SUFFIXES)], max_upload_size=current().upload_mb
        )
        # Who comes from elsewhere has no business with this machine's files.
        place = st.text_input("or its path on this machine", key="path") if current().private else ""
        title = st.text_input("Title", help="Without one, the file's name stands for it.")
        genres = st.text_input("Genres", placeholder="sport, music")
        options = described_how()
        if not st.form_submit_button("Add it", type="primary", icon=":material/video_call:"):
            return
    if file is None and not place:
        st.info("Choose a file first.", icon=":material/info:")
        return
    about: dict[str, object] = {
        "title": title.strip(),
        "genres": [genre.strip() for genre in genres.split(",") if genre.strip()],
    }
    try:
        with st.spinner("Keeping the file"):
            if file is not None:
                kept = keep_upload(workspace(), file.name, cast(IO[bytes], file), about)
            else:
                kept = named(place)
                options = options.model_copy(update={"metadata": keep_told(workspace(), kept, about)})
        work = adder_of(current()).add(kept, options, uploaded=file is not None)
        st.session_state.setdefault("added", set()).add(work.id)
    except GraphrecError as error:
        problem(error)
        return
    go("add_video", work=work.id)


def named(place: str) -> Path:
    """Return the video file that a visitor of this machine names."""
    found = Path(place).expanduser()
    if found.suffix.lower() not in SUFFIXES:
        raise DataError(f"{place}: not one of {', '.join(sorted(SUFFIXES))}")
    return found.absolute()


def described_how() -> VideoOptions:
    """Ask how the video is to be described; unless told otherwise, as the others were."""
    usual = usual_options(workspace(), published())
    with st.expander("How it is described"):
        st.caption("A model places only what is described as the videos were that it was trained on.")
        chosen = {
            "segments": st.selectbox("Segments", ("fixed:5", "shots", "scenes:5")),
            "frames": st.selectbox("Frames", ("keyframes", "per-shot", "1/s")),
            "encoder": st.selectbox("Pictures", ENCODERS, ENCODERS.index(usual.encoder)),
            "audio": SOUND if st.checkbox("Sound", usual.audio == SOUND) else None,
            "shots": st.checkbox("Find shots for the timeline", True),
        }
        return VideoOptions.model_validate(chosen)


def published() -> str | None:
    """Return the run that will place the video, if there is one; videos can be added to an empty graph too."""
    with suppress(StoreError):
        return next((run.id for run in ask(current_runs)), None)
    return None


@st.fragment(run_every=AGAIN_S)
def follow(work: Adding) -> None:
    """Show how far it is, again and again."""
    steps(work)
    if work.ended:
        st.rerun()
    own = current().private or work.id in st.session_state.get("added", ())
    if own and work.can_be_cancelled and st.button("Cancel", icon=":material/stop_circle:"):
        adder_of(current()).cancel(work)


def steps(work: Adding) -> None:
    """Show which steps are done, and how far the one under way is."""
    ahead = adder_of(current()).ahead(work) if work.stage is Stage.WAITING else 0
    if ahead:
        st.markdown(f":material/hourglass_empty: Wait for {ahead} other video{'' if ahead == 1 else 's'}")
    for stage, text in named_steps(work):
        st.markdown(f":material/{icon_of(stage, work)}: {plain(text)}")
    if work.stage is Stage.DESCRIBING:
        share = min(1.0, work.seen_s / max(work.length_s, 0.001))
        st.progress(share, f"{work.seen_s:.0f} of {work.length_s:.0f} seconds of the video, in one pass")


def named_steps(work: Adding) -> list[tuple[Stage, str]]:
    """Return what is done to a video, in order, and in which stage; with how much was found, once that is known."""
    how = work.wanted
    shots = segments = frames = ""
    placed = work.ingested is None or work.ingested.embedded is not None
    if work.described is not None:
        shots = f" ({len(work.described.shots) - 1:,})"
        segments, frames = f" ({len(work.described.segments):,})", f" ({len(work.described.frames):,})"
    sound = f", and what it sounds like ({how.audio})" if how.audio else ""
    found = [
        (Stage.DESCRIBING, f"Decode {clock(work.length_s)}"),
        (Stage.DESCRIBING, f"Find its shots{shots}") if how.settings.find_shots else None,
        (Stage.DESCRIBING, f"Put in numbers what it looks like ({how.encoder}){sound}"),
        (Stage.STORING, f"Store its segments{segments} and key frames{frames}"),
        (
            Stage.PLACING,
            "Let the model place them" if placed else "No run is published that could place them",
        ),
        (Stage.DONE, "Find whom it would please"),
    ]
    return [step for step in found if step is not None]


def icon_of(stage: Stage, work: Adding) -> str:
    """Return the sign of a step: done, under way, failed, or yet to come."""
    if work.stage is Stage.DONE:
        return "check_circle"
    broken = {Stage.FAILED: "error", Stage.CANCELLED: "cancel"}
    last = next(reversed([one for one in list(work.begun) if one not in broken]), Stage.WAITING)
    if stage is last:
        return broken.get(work.stage, "pending")
    return "check_circle" if stage in work.begun else "radio_button_unchecked"


def result(work: Adding) -> None:
    """Show whom the video would please."""
    left, right = st.columns(2)
    if left.button("Open the video", type="primary", icon=":material/movie:", width="stretch"):
        go("video", id=work.item)
    if right.button("Add another", icon=":material/add:", width="stretch"):
        go("add_video")
    st.subheader("Whom it would please")
    try:
        found = ask(audience, work.item, 20)
    except NotFoundError as error:
        # It names its own cure: there is no run, or none that has placed this video.
        cure = re.search("`(graphrec [^`]+)`", str(error))
        nothing(str(error), cure[1] if cure else "")
        return
    rows = [
        {
            "user": viewer.user,
            "stands out by": viewer.lift,
            "would first see": ""
            if viewer.start_s is None or viewer.end_s is None
            else f"{viewer.start_s:.0f} to {viewer.end_s:.0f} s",
        }
        for viewer in found.users
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={
            "stands out by": st.column_config.NumberColumn(
                format="%.2f", help="Standard deviations above the user's own mean score."
            )
        },
    )


def earlier(but: str | None) -> None:
    """List what was added before."""
    works = [work for work in adder_of(current()).latest() if work.id != but]
    if works:
        st.subheader("Added since the explorer was started")
    for work in works:
        st.page_link(
            path("add_video"),
            label=plain(f"{work.path.name}: {work.stage}"),
            icon=":material/movie:",
            query_params={"work": work.id},
        )


heading(
    "Add a video", "It is recommended at once, though nobody has seen it. For many: graphrec ingest FOLDER"
)
chosen = asked("work")
work = adder_of(current()).find(chosen) if chosen else None
if chosen and work is None:
    nothing("This is not known any more: the explorer was started anew since.")
if work is None:
    if current().store is not None:
        ask(check_owned)
    form()
else:
    st.subheader(plain(work.path.name))
    if not work.ended:
        follow(work)
    else:
        steps(work)
        if work.stage is Stage.FAILED:
            problem(DataError(work.reason))
            if st.button("Try again", icon=":material/refresh:"):
                again = adder_of(current()).again(work)
                st.session_state.setdefault("added", set()).add(again.id)
                go("add_video", work=again.id)
        elif work.stage is Stage.CANCELLED:
            st.info("Cancelled: nothing more is done with it.", icon=":material/cancel:")
            if st.button("Add another", icon=":material/add:"):
                go("add_video")
        else:
            result(work)
earlier(chosen)
