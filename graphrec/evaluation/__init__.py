"""From scores to figures: rankings, metrics, confidence, tables."""
