"""From database rows to arrays: snapshots, splits, negatives and samplers."""
