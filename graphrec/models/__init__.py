"""One file per paper or baseline, each behind the contract of ``graphrec.models.base``."""
