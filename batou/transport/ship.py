"""Send a host what it lacks of a bundle."""

import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from batou.errors import DeploymentError
from batou.errors.base import Rows
from batou.report.escapes import without_escapes

FRAME = 256 * 1024
"""Bytes of small chunks that go into one message; a larger chunk has one of its own."""

WINDOW = 8 * 1024 * 1024
"""Bytes that may be on their way before the host has acknowledged any of them."""

Progress = Callable[[int, int], None]


class Peer(Protocol):
    """What shipping needs of a line."""

    host: str

    def send(self, request: dict[str, Any]) -> None:
        """Send *request*."""
        ...

    def receive(self, timeout: float) -> Any:
        """The next answer; raises TimeoutError."""
        ...


class ShippingFailed(DeploymentError):
    """A host did not take the bundle."""

    def __init__(self, host: str, why: str, expected: str = "") -> None:
        super().__init__(host, why, expected)
        self.affected_hostname = host
        self.why = why
        self.expected = expected

    def summary(self) -> str:
        return f"cannot ship to host {self.affected_hostname!r}: {self.why}"

    def rows(self) -> Rows:
        return [("Expected", self.expected)] if self.expected else []


class Shipment:
    """One bundle on its way to one host.

    *read* returns a chunk by its digest. Bytes are counted as they are sent. For
    its first answer the host has *patience* seconds more, if another run holds it.
    """

    def __init__(
        self,
        peer: Peer,
        read: Callable[[str], bytes],
        timeout: float = 60.0,
        patience: float = 0.0,
    ) -> None:
        self.peer = peer
        self.read = read
        self.timeout = timeout
        self.patience = patience
        self.sent = 0

    def ship(
        self,
        target: str,
        manifest: dict[str, Any],
        sizes: dict[str, int],
        owner: dict[str, Any],
        progress: Progress = lambda done, total: None,
        digest: str = "",
    ) -> dict[str, Any]:
        """Make *target* on the host be as *manifest* says; returns the host's account of it.

        *sizes* are the bytes of each chunk, *owner* is who holds the host's lock. If
        the *digest* of the manifest is given, the host is asked at first whether it
        has that one. Raises ShippingFailed, and TimeoutError if the host stalls.
        """
        request = {"do": "ship", "target": target, "owner": owner, "digest": digest}
        self.peer.send({**request, "manifest": None if digest else manifest})
        answer = self._expect("lacks", self.patience)
        if digest and answer.get("manifest"):
            self.peer.send({**request, "manifest": manifest})
            answer = self._expect("lacks", self.patience)
        lacks = answer["objects"]
        if not isinstance(lacks, (list, tuple)) or not set(lacks) <= set(sizes):
            raise ShippingFailed(self.peer.host, "it asks for what is not in the bundle")
        if len(set(lacks)) < len(lacks):
            raise ShippingFailed(self.peer.host, "it asks for the same more than once")
        total, done = sum(sizes[digest] for digest in lacks), 0
        under_way: deque[int] = deque()
        for frame in self.frames(lacks):
            self.peer.send({"do": "objects", "objects": frame})
            under_way.append(sum(sizes[digest] for digest, _, _ in frame))
            self.sent += sum(len(data) for _, data, _ in frame)
            done += under_way[-1]
            progress(done, total)
            while sum(under_way) > WINDOW:
                self._acknowledge(under_way.popleft())
        while under_way:
            self._acknowledge(under_way.popleft())
        return self._expect("unpacked")

    def _acknowledge(self, size: int) -> None:
        """Wait until the host has a message with *size* bytes of chunks."""
        if self._expect("got")["bytes"] != size:
            raise ShippingFailed(self.peer.host, "it counts what it got in another way")

    def frames(self, digests: Iterable[str]) -> Iterator[list[tuple[str, bytes, bool]]]:
        """Chunks as (digest, bytes, whether they are packed), several to a message."""
        frame: list[tuple[str, bytes, bool]] = []
        size = 0
        for digest in digests:
            data, is_packed = packed(self.read(digest))
            if frame and size + len(data) > FRAME:
                yield frame
                frame, size = [], 0
            frame.append((digest, data, is_packed))
            size += len(data)
        if frame:
            yield frame

    def _expect(self, kind: str, patience: float = 0.0) -> dict[str, Any]:
        answer = self.peer.receive(self.timeout + patience)
        if isinstance(answer, dict) and answer.get("say") == kind:
            return answer
        if isinstance(answer, dict) and answer.get("say") == "refused":
            why, expected = str(answer.get("why")), str(answer.get("expected") or "")
            why, expected = without_escapes(why), without_escapes(expected)
            raise ShippingFailed(self.peer.host, why, expected)
        raise ShippingFailed(self.peer.host, f"it did not answer with {kind!r}")


def packed(data: bytes) -> tuple[bytes, bool]:
    """*data* compressed, if that makes it at least a tenth smaller."""
    if len(data) < 128:
        return data, False
    smaller = zlib.compress(data, 1)
    return (smaller, True) if len(smaller) < 0.9 * len(data) else (data, False)
