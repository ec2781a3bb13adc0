"""Where the graph is kept: one protocol, one file per database."""
