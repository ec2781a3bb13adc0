"""Comments on moments of videos made usable: their words, what they feel, and which say nothing of what is seen."""
