"""How parameters move: what a batch is, and what is done with it."""
