"""``python -m graphrec`` and the command ``graphrec``."""

import sys


def main() -> None:
    """Run the command line."""
    try:
        # Here, not above: this takes a second, and Ctrl-C in it deserves no traceback.
        from graphrec.cli import main as run
    except KeyboardInterrupt:
        print("stopped before anything was done; repeat the command", file=sys.stderr)
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
