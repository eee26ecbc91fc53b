"""An image as `docker load` reads it: ``image.py ROOT CONFIG CLOSURE TAG [--with-database] OUT``.

One layer for the store, which changes seldom, and one for ROOT. The same input gives the same
bytes. The format is that of the Docker image specification, v1.2.
"""

import gzip
import hashlib
import io
import json
import os
import sys
import tarfile
import tempfile

STICKY, PRIVATE = ("tmp", "var/tmp"), ("root",)


def reset(info):
    """Nobody's, and of no time."""
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    info.mtime = 1
    return info


def directory(tar, name, mode=0o755):
    info = reset(tarfile.TarInfo(name))
    info.type, info.mode = tarfile.DIRTYPE, mode
    tar.addfile(info)


def text(tar, name, content):
    info = reset(tarfile.TarInfo(name))
    info.size, info.mode = len(content), 0o644
    tar.addfile(info, io.BytesIO(content))


def add(tar, path, name):
    """A file or directory with all below it; each file is a file of its own."""
    tar.inodes = {}
    info = reset(tar.gettarinfo(path, name))
    if info.isdir():
        info.mode = 0o1777 if name in STICKY else 0o700 if name in PRIVATE else 0o755
        tar.addfile(info)
        for entry in sorted(os.listdir(path)):
            add(tar, os.path.join(path, entry), f"{name}/{entry}")
    elif info.isreg():
        with open(path, "rb") as file:
            tar.addfile(info, file)
    else:
        tar.addfile(info)


def store_layer(tar, paths):
    directory(tar, "nix")
    directory(tar, "nix/store", 0o1775)
    for path in paths:
        add(tar, path, path.lstrip("/"))


def root_layer(tar, root, registration):
    for entry in sorted(os.listdir(root)):
        if entry != "nix":
            add(tar, os.path.join(root, entry), entry)
    for above, names, files in os.walk(os.path.join(root, "nix")):
        below = os.path.relpath(above, root)
        if below != "nix":
            directory(tar, below)
        for name in sorted([*names, *files]):
            path = os.path.join(above, name)
            if os.path.islink(path) or name in files:
                add(tar, path, f"{below}/{name}")
    if registration:
        text(tar, "nix/var/nix/registration", registration)


def layer(place, fill, *arguments):
    path = os.path.join(place, fill.__name__)
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        fill(tar, *arguments)
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path


def without(registration, left_out):
    """The records of a registration that are not about *left_out*."""
    lines, kept = registration.split("\n"), []
    while len(lines) > 4:
        count = 5 + int(lines[4])
        record, lines = lines[:count], lines[count:]
        if record[0] not in left_out:
            kept += record
    return "".join(line + "\n" for line in kept).encode()


def main(root, config, closure, tag, *rest):
    with open(config) as file:
        settings = json.load(file)
    left_out = {root, config}
    with open(f"{closure}/store-paths") as file:
        paths = [path for path in file.read().split() if path not in left_out]
    with open(f"{closure}/registration") as file:
        registration = without(file.read(), left_out) if "--with-database" in rest else b""
    with tempfile.TemporaryDirectory() as place:
        layers = [
            layer(place, store_layer, paths),
            layer(place, root_layer, root, registration),
        ]
        description = {
            "architecture": "amd64",
            "os": "linux",
            "created": "1970-01-01T00:00:01Z",
            "config": settings,
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest, _ in layers]},
        }
        content = json.dumps(description).encode()
        name = hashlib.sha256(content).hexdigest() + ".json"
        manifest = [
            {"Config": name, "RepoTags": [tag], "Layers": [f"{d}/layer.tar" for d, _ in layers]}
        ]
        with (
            gzip.GzipFile(rest[-1], "wb", compresslevel=1, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar,
        ):
            text(tar, name, content)
            for digest, path in layers:
                directory(tar, digest)
                info = reset(tar.gettarinfo(path, f"{digest}/layer.tar"))
                with open(path, "rb") as file:
                    tar.addfile(info, file)
            text(tar, "manifest.json", json.dumps(manifest).encode())


main(*sys.argv[1:])
