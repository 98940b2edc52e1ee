"""``python -m imageshim``: the command line."""

from imageshim.cli import main

if __name__ == "__main__":
    main()
