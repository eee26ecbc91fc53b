"""A registry with one image: as much of the distribution API as a pull by digest needs."""

import gzip
import hashlib
import json
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


@contextmanager
def serving(archive: Path) -> Iterator[str]:
    """Serve what ``docker save`` has put into *archive*; yields ``NAME@sha256:DIGEST``."""
    blobs: dict[str, tuple[str, bytes]] = {}

    def add(kind: str, data: bytes) -> dict[str, object]:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        blobs[digest] = (kind, data)
        return {"mediaType": kind, "size": len(data), "digest": digest}

    with tarfile.open(archive) as members:

        def read(name: str) -> bytes:
            file = members.extractfile(name)
            assert file is not None
            return file.read()

        [image] = json.loads(read("manifest.json"))
        config = add(CONFIG, read(image["Config"]))
        layers = [add(LAYER, gzip.compress(read(name), mtime=0)) for name in image["Layers"]]
    manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers}
    digest = add(MANIFEST, json.dumps(manifest).encode())["digest"]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, data = blobs.get(self.path.rpartition("/")[2], ("application/json", b"{}"))
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data)

        do_HEAD = do_GET

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}/shop/app@{digest}"
    finally:
        server.shutdown()
        server.server_close()
