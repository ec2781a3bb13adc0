"""The bulk load's engine: blocks of rows are checked, resolved where they need the graph, written, accounted for."""
