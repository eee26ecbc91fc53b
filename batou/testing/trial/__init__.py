"""``batou test``: deploy any environment into containers, twice, and check what came of it."""
