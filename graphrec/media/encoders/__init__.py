"""What turns pictures and sound into vectors."""
