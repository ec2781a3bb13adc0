"""The named Cypher queries, as files."""
