"""What only the explorer asks of a graph and its runs: lists to look through, maps, subgraphs, reports of runs."""
