"""`python -m imageshim`: the command line."""

from __future__ import annotations

from imageshim.cli import main

if __name__ == "__main__":
    main()
