"""The blocks of a file on their way into the store and the feature files."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from graphrec import schema
from graphrec.features import FeatureStore
from graphrec.loading.blocks import FeatureBlock, NodeBlock, Rows
from graphrec.loading.planned import Planned
from graphrec.loading.report import LoadReport, Progress
from graphrec.properties import WORDS
from graphrec.rows import Checked
from graphrec.store.base import GraphStore, Written


@dataclass
class Writing:
    """The blocks of a file on their way into the store.

    Where a long transaction is committed in parts, they wait until the whole file was found to be good.
    """

    store: GraphStore | Planned
    report: LoadReport
    progress: Progress
    waiting: list[tuple[Rows, Checked]] = field(default_factory=list)

    def take(self, block: Rows, checked: Checked) -> None:
        """Write a block, now or with the rest of its file."""
        self.waiting.append((block, checked))
        if self.store.part_rows is None:
            self.finish()

    def finish(self) -> None:
        """Write what waits."""
        for block, checked in self.waiting:
            written = self._write(block, checked.table)
            self.report.own |= {f"{block.kind}.{prop.name}": WORDS[prop.type] for prop in block.own}
            self.report.tally(block.kind).add(block, checked, written)
            self.progress(block.kind, block.table.num_rows)
        self.waiting.clear()

    def _write(self, block: Rows, table: pa.Table) -> Written:
        self.store.declare(block.kind, block.own)
        if isinstance(block, NodeBlock):
            return self.store.write_nodes(block.label, table)
        for label, column in ((block.start, "from"), (block.end, "to")):
            if label in block.existing:
                continue
            # An end that exists already is no news; only new ones are counted.
            written = self.store.write_nodes(label, pa.table({schema.KEY: pc.unique(table[column])}))
            if written.created:
                tally = self.report.tally(label)
                tally.read += written.created
                tally.created += written.created
        return self.store.write_relationships(block.name, block.start, block.end, table)


def write_features(
    features: list[FeatureBlock], matrices: FeatureStore, report: LoadReport, *, dry_run: bool = False
) -> None:
    """Write what waits, and count it; a dry run only counts."""
    for block in features:
        if dry_run:
            changed = int(matrices.changed(block.name, block.ids, block.matrix).sum())
        else:
            changed = matrices.write(block.name, block.label, block.ids, block.matrix, block.version)
        tally = report.tally(f"feature {block.name}")
        tally.read += len(block.ids)
        tally.created += changed
        tally.unchanged += len(block.ids) - changed
    features.clear()
