"""Bulk loaders: one file per source, each turning files into Arrow tables of the schema."""
