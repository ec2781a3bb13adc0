"""What is asked of a model, and on what it is judged."""
