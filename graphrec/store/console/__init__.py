"""What a person typed: looked at, run in a process of its own with limits, and its answer brought back."""
