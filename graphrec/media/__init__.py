"""From video files to segments and feature vectors; everything computed once, by content."""
