"""Made worlds with planted truth, for the demo, the tests and quick reproductions: what is right is known."""
