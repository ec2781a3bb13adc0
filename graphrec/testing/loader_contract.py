"""What every loader must keep. Subclass, say which loader, write files for it, and let pytest run the class.

    class TestPhd2(LoaderContract):
        kind = Phd2

        def files(self, folder): ...
        def broken(self, folder): ...
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest
from pydantic import ValidationError

from graphrec import schema
from graphrec.errors import DataError
from graphrec.features import FeatureStore
from graphrec.loading.blocks import (
    Block,
    FeatureBlock,
    FileBlock,
    Known,
    NodeBlock,
    Pending,
    RelationshipBlock,
    RestBlock,
    Rows,
)
from graphrec.loading.load import load
from graphrec.loading.loader import Loader, Options
from graphrec.loading.report import LoadReport
from graphrec.properties import SCHEMA_PROPERTIES
from graphrec.store.base import GraphStore
from graphrec.testing.memory_store import MemoryStore
from graphrec.testing.sample_graph import Content, content
from graphrec.workspace import Workspace


class LoaderContract(ABC):
    """For any loader."""

    kind: ClassVar[type[Any]]
    """The loader."""
    options: ClassVar[Mapping[str, Any]] = {}
    """Its options for these files."""

    @abstractmethod
    def files(self, folder: Path) -> list[Path]:
        """Write a small source into the empty ``folder``; return what a user would name."""

    @abstractmethod
    def broken(self, folder: Path) -> tuple[list[Path], str]:
        """Write one whose first file cannot be loaded; return it and a pattern of the error: file, and line if any."""

    def prepare(self, store: GraphStore) -> None:  # noqa: B027
        """Store what must be in the graph before, if anything."""

    @pytest.fixture
    def store(self) -> GraphStore:
        """Return the graph to load into."""
        made = MemoryStore()
        self.prepare(made)
        return made

    @pytest.fixture
    def workspace(self, tmp_path: Path) -> Workspace:
        """Return what lies beside the graph."""
        return Workspace(tmp_path / "workspace")

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """Return where the files go."""
        made = tmp_path / "files"
        made.mkdir()
        return made

    def test_it_tells_what_it_is(self) -> None:
        assert re.fullmatch("[a-z][a-z0-9_-]*", self.kind.name), "its name is a command"
        assert self.kind.title
        assert "\n" not in self.kind.title
        assert self.kind.example.startswith(f"graphrec load {self.kind.name} ")
        assert issubclass(self.kind.Options, Options)
        for name, field in self.kind.Options.model_fields.items():
            assert (field.description or "").strip(), f"{name} has no docstring: --help would say nothing"
        with pytest.raises(ValidationError):
            self.kind.Options(no_such_option=1)

    def test_blocks_are_of_the_schema(self, store: GraphStore, workspace: Workspace, folder: Path) -> None:
        blocks = list(self._loader.blocks(self.files(folder), self._options, workspace.root))
        assert blocks
        known = Known(store, workspace.root)
        for block in blocks:
            _check_block(block)
            if isinstance(block, Pending) and not block.after_its_file:
                for one in block.resolve(known):
                    if isinstance(one, tuple):
                        _check_rows(one[0], one[1].table)
                    else:
                        _check_block(one)

    def test_every_row_is_accounted_for(self, store: GraphStore, workspace: Workspace, folder: Path) -> None:
        paths, before = self.files(folder), store.counts()
        rows, rest = Counter[str](), set[str]()
        for block in self._loader.blocks(paths, self._options, workspace.root):
            if isinstance(block, NodeBlock | RelationshipBlock):
                name = block.label if isinstance(block, NodeBlock) else block.name
                rows[name] += block.table.num_rows + len(block.refused)
            elif isinstance(block, FeatureBlock):
                rows[f"feature {block.name}"] += len(block.ids)
            elif isinstance(block, RestBlock):
                rows[block.name] += len(block.refused) + len(block.left_out)
                rest.add(block.name)
        report = self._loaded(store, paths, workspace)
        assert not report.failures
        for name, tally in report.tallies.items():
            assert tally.read == sum(astuple(tally)[1:]), name
            assert tally.read >= rows[name], f"of {name} rows are lost"
            if name in rest:
                assert not tally.created, f"{name} are rows of nothing"
            elif not name.startswith("feature "):
                assert store.counts()[name] - before[name] == tally.created, f"{name} in the graph"
        assert set(rows) <= set(report.tallies)
        assert any(tally.created for tally in report.tallies.values())

    def test_loading_twice_changes_nothing(self, store: GraphStore, workspace: Workspace, folder: Path) -> None:
        paths = self.files(folder)
        first = self._loaded(store, paths, workspace)
        before, versions = _whole(store, workspace), store.versions(list(store.counts()))
        again = self._loaded(store, paths, workspace)
        assert _whole(store, workspace) == before
        assert store.versions(list(store.counts())) == versions
        for name, tally in again.tallies.items():
            assert tally.created == tally.updated == tally.rejected == 0, name
        assert set(again.tallies) <= set(first.tallies)

    def test_what_cannot_be_loaded_leaves_the_graph_as_it_was(
        self, store: GraphStore, workspace: Workspace, folder: Path
    ) -> None:
        before = _whole(store, workspace)
        paths, said = self.broken(folder)
        with pytest.raises(DataError, match=said) as caught:
            self._loaded(store, paths, workspace)
        assert "\n" not in str(caught.value), "an error is one line"
        assert _whole(store, workspace) == before

    def test_what_is_missing_is_named(self, store: GraphStore, workspace: Workspace, folder: Path) -> None:
        with pytest.raises(DataError, match=r"no-such-thing\.csv"):
            self._loaded(store, [folder / "no-such-thing.csv"], workspace)

    def test_a_dry_run_writes_nothing(self, store: GraphStore, workspace: Workspace, folder: Path) -> None:
        paths, before = self.files(folder), _whole(store, workspace)
        report = self._loaded(store, paths, workspace, dry_run=True)
        assert _whole(store, workspace) == before
        assert report.tallies
        assert any(tally.created for tally in report.tallies.values())
        broken, said = self.broken(_emptied(folder))
        with pytest.raises(DataError, match=said):
            self._loaded(store, broken, workspace, dry_run=True)

    def test_a_dry_run_tells_what_would_be_written(
        self, store: GraphStore, workspace: Workspace, folder: Path
    ) -> None:
        paths = self.files(folder)
        for _ in range(2):
            planned = self._loaded(store, paths, workspace, dry_run=True)
            assert planned.tallies == self._loaded(store, paths, workspace).tallies

    @property
    def _loader(self) -> Loader:
        made: Loader = self.kind()
        return made

    @property
    def _options(self) -> Options:
        made: Options = self.kind.Options(**self.options)
        return made

    def _loaded(self, store: GraphStore, paths: list[Path], workspace: Workspace, **how: Any) -> LoadReport:
        return load(store, self._loader, paths, self._options, workspace, **how)


def _whole(store: GraphStore, workspace: Workspace) -> tuple[Content, dict[str, str]]:
    """Return all that a load may change."""
    features = FeatureStore(workspace.features)
    return content(store), {name: features.info(name).fingerprint for name in features.names()}


def _check_block(block: Block) -> None:
    """Assert that a block is one that can be stored."""
    if isinstance(block, Pending):
        assert block.source
        return
    assert block.source, "whoever mends a row must know in which file it is"
    if isinstance(block, NodeBlock | RelationshipBlock):
        _check_rows(block, block.table)
    elif isinstance(block, FeatureBlock):
        assert block.name
        assert schema.label(block.label)
        assert block.matrix.dtype == np.float32
        assert block.matrix.ndim == 2
        assert len(block.matrix) == len(block.ids) == len(set(block.ids))
        assert np.isfinite(block.matrix).all()
    else:
        assert isinstance(block, FileBlock | RestBlock)


def _check_rows(block: Rows, table: pa.Table) -> None:
    columns = set(table.column_names)
    known = {one.name for one in (*schema.properties(block.kind), *block.own)}
    SCHEMA_PROPERTIES.with_own(block.kind, block.own)
    if isinstance(block, NodeBlock):
        assert schema.KEY in columns
        assert columns <= {schema.KEY, *known}
    else:
        kind = schema.relationship(block.name)
        assert (block.start, block.end) in kind.ends
        assert {"from", "to"} <= columns <= {"from", "to", *known}


def _emptied(folder: Path) -> Path:
    """Return an empty folder beside ``folder``."""
    other = folder.with_name("others")
    other.mkdir()
    return other
