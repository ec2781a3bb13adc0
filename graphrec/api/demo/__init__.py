"""The verb ``demo``: a small world is made, loaded, learned and asked, and what is found is held against its truth."""
