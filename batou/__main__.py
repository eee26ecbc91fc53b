"""``python -m batou``."""

from batou.cli import main

if __name__ == "__main__":
    main()
