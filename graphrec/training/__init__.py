"""One trainer for every model: batches, early stop, exact resume, manifest."""
