"""The closure of some store paths, as `nix-store --load-db` reads it: ``closure.py GRAPHS OUT``.

GRAPHS is what exportReferencesGraph writes: path, deriver, number of references, references.
The hash of a path is that of its archive (the NAR format; the Nix manual describes it).
"""

import hashlib
import os
import sys


class Archive:
    """Hash and size of a path's archive."""

    def __init__(self, path):
        self.hash, self.size = hashlib.sha256(), 0
        self.put(b"nix-archive-1")
        self.node(path)

    def put(self, *words):
        for word in words:
            padding = b"\0" * (-len(word) % 8)
            data = len(word).to_bytes(8, "little") + word + padding
            self.hash.update(data)
            self.size += len(data)

    def node(self, path):
        self.put(b"(", b"type")
        if os.path.islink(path):
            self.put(b"symlink", b"target", os.readlink(path))
        elif os.path.isdir(path):
            self.put(b"directory")
            for name in sorted(os.listdir(path)):
                self.put(b"entry", b"(", b"name", name, b"node")
                self.node(os.path.join(path, name))
                self.put(b")")
        else:
            self.put(b"regular")
            if os.stat(path).st_mode & 0o100:
                self.put(b"executable", b"")
            with open(path, "rb") as file:
                self.put(b"contents", file.read())
        self.put(b")")


def main(graphs, out):
    with open(graphs) as file:
        lines = iter(file.read().split("\n")[:-1])
    references = {}
    for path in lines:
        next(lines)
        references[path] = [next(lines) for _ in range(int(next(lines)))]
    with (
        open(os.path.join(out, "registration"), "w") as registration,
        open(os.path.join(out, "store-paths"), "w") as paths,
    ):
        for path, found in sorted(references.items()):
            archive = Archive(os.fsencode(path))
            record = [
                path,
                archive.hash.hexdigest(),
                str(archive.size),
                "",
                str(len(found)),
                *found,
            ]
            registration.write("\n".join(record) + "\n")
            paths.write(path + "\n")


main(*sys.argv[1:])
