"""A wire to a port that counts what goes over it, and may take its time."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any


@dataclass
class Count:
    """Bytes to and from the host, and how often the controller spoke after the host did."""

    to_host: int = 0
    from_host: int = 0
    turns: int = 0
    is_hosts_turn: bool = False

    def add(self, size: int, to_host: bool) -> None:
        """*size* bytes went by."""
        if to_host:
            self.to_host += size
            self.turns += not self.is_hosts_turn
        else:
            self.from_host += size
        self.is_hosts_turn = to_host


class Wires:
    """Forwards a port of its own to each of some ports; *delay* is for one way, in seconds."""

    def __init__(self, ports: list[int], delay: float = 0.0) -> None:
        self.delay = delay
        self.counts = [Count() for _ in ports]
        self._targets = ports
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()
        self.ports: list[int] = []

    def __enter__(self) -> "Wires":
        self._thread.start()
        self.ports = [self._do(self._listen(number)).result() for number in range(len(self.counts))]
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def reset(self) -> None:
        """Count from zero."""
        for number in range(len(self.counts)):
            self.counts[number] = Count()

    def _do(self, work: Coroutine[Any, Any, int]) -> "Future[int]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _listen(self, number: int) -> int:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            far = await asyncio.open_connection("127.0.0.1", self._targets[number])
            for source, sink, to_host in ((reader, far[1], True), (far[0], writer, False)):
                task = self._loop.create_task(self._pump(number, source, sink, to_host))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def _pump(
        self,
        number: int,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        to_host: bool,
    ) -> None:
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        sending = self._loop.create_task(self._send(queue, sink))
        try:
            while data := await source.read(1 << 16):
                self.counts[number].add(len(data), to_host)
                if self.delay:
                    queue.put_nowait((self._loop.time() + self.delay, data))
                else:
                    sink.write(data)
                    await sink.drain()
        except ConnectionError:
            pass
        queue.put_nowait((self._loop.time() + self.delay, b""))
        await sending

    async def _send(
        self, queue: "asyncio.Queue[tuple[float, bytes]]", sink: asyncio.StreamWriter
    ) -> None:
        try:
            while True:
                due, data = await queue.get()
                if due > self._loop.time():
                    await asyncio.sleep(due - self._loop.time())
                if not data:
                    break
                sink.write(data)
                await sink.drain()
        except ConnectionError:
            pass
        sink.close()
