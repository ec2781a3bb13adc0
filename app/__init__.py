"""The explorer: a page per file, reading only through ``graphrec.serving`` and the named queries."""
