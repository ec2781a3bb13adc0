"""The verb ``reproduce``: a paper's tables and figures, trained anew, beside those that it printed."""
