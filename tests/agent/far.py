"""Stage zero, run in this process over a line that is a list."""

import hashlib
import os
import zlib
from pathlib import Path

from batou.agent.stage0 import CHUNK, Stage


def digest(data):
    return hashlib.sha256(data).hexdigest()


def pieces(data):
    return [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]


def entry(path, content, mode=0o644):
    """An entry of a manifest: *content* is bytes, or text for a link's destination."""
    if isinstance(content, str):
        return {"path": path, "link": content}
    chunks = [digest(piece) for piece in pieces(content)]
    return {"path": path, "mode": mode, "size": len(content), "chunks": chunks}


def manifest(files):
    return {"format": 1, "entries": [entry(path, files[path]) for path in sorted(files)]}


class Wire:
    """Gives requests to stage zero, and keeps its answers; sends what it lacks of *files*."""

    def __init__(self, requests, files=None):
        self.requests = list(requests)
        self.answers = []
        self.chunks = {
            digest(piece): piece
            for content in (files or {}).values()
            if isinstance(content, bytes)
            for piece in pieces(content)
        }

    def receive(self):
        if not self.requests:
            raise EOFError
        return self.requests.pop(0)

    def send(self, answer):
        self.answers.append(answer)
        if answer["say"] == "lacks" and self.chunks:
            for wanted in answer["objects"]:
                packed = zlib.compress(self.chunks[wanted])
                self.requests.append({"do": "objects", "objects": [(wanted, packed, True)]})


def answers(*requests, files=None):
    """What stage zero answers to *requests*, without its facts."""
    wire = Wire(requests, files)
    stage = Stage(wire)
    stage.run()
    if stage.target:
        stage.target.release()
    return wire.answers[1:]


def request(target, files, **owner):
    return {"do": "ship", "target": str(target), "manifest": manifest(files), "owner": owner}


def ship(target, files, **owner):
    """Ship *files* to *target*; returns the last answer."""
    return answers(request(target, files, **owner), files=files)[-1]


def tree(target):
    """What is below *target*, without batou's state: bytes of files, texts of links."""
    found = {}
    for above, directories, files in os.walk(target):
        if ".batou" in directories:
            directories.remove(".batou")
        for name in [*files, *directories]:
            path = Path(above, name)
            if path.is_symlink():
                found[str(path.relative_to(target))] = os.readlink(path)
            elif path.is_file():
                found[str(path.relative_to(target))] = path.read_bytes()
    return found
