"""The verbs, one file each: what a user of the library or of the command line does."""
