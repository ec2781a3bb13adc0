"""Tables on disk, block by block: text of any layout, Parquet and Arrow; the one reader of all loaders."""

from graphrec.loaders.tabular.options import Layout, Quoting, TabularOptions
from graphrec.loaders.tabular.parts import Part, column_names, read_parts
from graphrec.loaders.tabular.times import TimeUnit, milliseconds

__all__ = [
    "Layout",
    "Part",
    "Quoting",
    "TabularOptions",
    "TimeUnit",
    "column_names",
    "milliseconds",
    "read_parts",
]
