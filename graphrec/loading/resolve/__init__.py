"""What needs the graph to become rows: highlights, moments of videos, trailers of movies, described videos."""
