"""Recommendations for videos nobody has seen yet, from a property graph."""
