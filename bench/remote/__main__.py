"""``python -m bench.remote``: the same as ``./dev bench remote``, with options."""

import sys

from bench.remote import arguments, main

asked = arguments(sys.argv[1:])
good = main(asked.smoke, asked.delay / 2000, asked.peers, asked.large * 1024 * 1024)
sys.exit(0 if good else 1)
