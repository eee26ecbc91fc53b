"""Deployments over ssh, beside what ssh, Python and tar cost alone.

The hosts are home directories on this machine behind a real sshd. Each is reached
over a wire of its own, which counts bytes and turns, and delays them if asked to.
"""

import argparse
import shutil
from collections.abc import Sequence

from bench.remote.scenes import Scale, first_files, large, nothing_changed, one_of_many

FULL = Scale()
SMOKE = Scale(hosts=(2,), hosts_at_first=(1,), files=20, many=50, many_bytes=1 << 20, runs=1)


def main(smoke: bool = False, delay: float = 0.0, peers: bool = False, size: int = 0) -> bool:
    """Print the figures; whether the bars are reached. A smoke test has no bars.

    *delay* are seconds that each way takes longer, *size* bytes of a large bundle.
    """
    missing = [name for name in ("/usr/sbin/sshd", "ssh", "ssh-keygen") if not shutil.which(name)]
    if missing:
        print(f"not measured, missing: {', '.join(missing)}")
        return True
    scale = SMOKE if smoke else FULL
    good = [nothing_changed(scale, delay, peers), first_files(scale, delay, peers)]
    good.append(one_of_many(scale, delay))
    if size:
        good.append(large(size))
    return smoke or all(good)


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """What `python -m bench.remote` was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.remote", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="only try whether it works")
    parser.add_argument("--delay", type=float, default=0, metavar="MS", help="of each round trip")
    parser.add_argument("--peers", action="store_true", help="pyinfra, ansible, bundlewrap, too")
    parser.add_argument("--large", type=int, default=0, metavar="MIB", help="a bundle of that size")
    return parser.parse_args(words)
