"""Lines over execnet."""

import contextlib
import shlex
import threading
from importlib.resources import files
from typing import Any

from batou.transport import Arrival, Inbox
from batou.transport.command import Reach, command, listening
from batou.transport.complaints import Complaints, ConnectionFailed
from batou.transport.watchdog import Stalled, Watch

END = object()


class ExecnetLine:
    """A line to an interpreter on a host, in which stage zero runs.

    At first its answers are fetched with `receive`; after `listen` everything
    goes to an inbox.
    """

    def __init__(self, host: str, group: Any, channel: Any, complaints: Complaints) -> None:
        self.host = host
        self._group = group
        self._channel = channel
        self._complaints = complaints
        self._inbox: Inbox | None = None
        self._closing = threading.Lock()
        self._is_closed = False
        self._watch = Watch(channel.gateway._io, self._ping, self._cut)

    def _ping(self) -> None:
        self._channel.send({"do": "ping"})

    def _cut(self) -> None:
        """Let whoever waits know that the line has stalled, even if somebody keeps its pipes."""
        self._channel.gateway._channelfactory._finished_receiving()

    def send(self, request: dict[str, Any]) -> None:
        """Send *request*; raises OSError if the line is broken."""
        self._channel.send(request)

    def receive(self, timeout: float) -> dict[str, Any]:
        """The next answer; raises EOFError at the end, Stalled if the other side has stopped.

        Raises TimeoutError if it does not even answer pings for *timeout* seconds.
        """
        while True:
            try:
                answer: dict[str, Any] = self._channel.receive(timeout)
            except self._channel.TimeoutError:
                raise TimeoutError(f"no answer within {timeout:g} s") from None
            except EOFError:
                if self._watch.is_stalled:
                    raise Stalled(self.host, self._watch.limit) from None
                raise
            if not is_pong(answer):
                return answer

    def listen(self, inbox: Inbox) -> None:
        """From now on, hand what arrives to *inbox*."""
        self._inbox = inbox
        self._complaints.told = self._told
        self._channel.setcallback(self._arrived, endmarker=END)

    def _arrived(self, message: Any) -> None:
        assert self._inbox is not None
        if message is END:
            self._watch.stop()
            self._inbox.put(Arrival(self.host, closed=True, error=self._last_words()))
        elif not is_pong(message):
            self._inbox.put(Arrival(self.host, message))

    def _told(self, text: str) -> None:
        assert self._inbox is not None
        self._inbox.put(Arrival(self.host, {"say": "stderr", "text": text}))

    def _last_words(self) -> BaseException | None:
        if self._watch.is_stalled:
            return Stalled(self.host, self._watch.limit)
        said = [line for line in self._complaints.said if line]
        return ConnectionError("\n".join(said)) if said else None

    def close(self) -> None:
        """Close the line, and end the connection if it does not end by itself."""
        with self._closing:
            if self._is_closed:
                return
            self._is_closed = True
        self._watch.stop()
        with contextlib.suppress(OSError, EOFError):
            self._channel.close()
        self._group.terminate(timeout=3)
        self._complaints.close()


def is_pong(message: Any) -> bool:
    """Whether *message* says nothing but that the other side is alive."""
    return isinstance(message, dict) and message.get("say") == "pong"


def stage_zero() -> str:
    """The source text of stage zero."""
    return files("batou.agent").joinpath("stage0.py").read_text(encoding="utf-8")


def open_line(host: str, reach: Reach, timeout: float = 30.0) -> tuple[ExecnetLine, dict[str, Any]]:
    """A line to *host*, and the facts that stage zero has found there.

    Raises ConnectionFailed if the host cannot be reached, has no Python, or does
    not answer within *timeout* seconds.
    """
    complaints = Complaints()
    group, io, spec = _start(listening(command(reach), complaints.path))
    timer = threading.Timer(timeout, io.kill)
    timer.daemon = True
    timer.start()
    try:
        gateway = _bootstrap(group, io, spec)
        line = ExecnetLine(host, group, gateway.remote_exec(stage_zero()), complaints)
        return line, line.receive(timeout)
    except Exception as error:
        group.terminate(timeout=1)
        io.kill()
        io.wait()
        said = complaints.close()
        if isinstance(error, TimeoutError):
            said.append(f"timed out after {timeout:g} s")
        raise ConnectionFailed(host, reach.address, said) from error
    finally:
        timer.cancel()


def _start(words: list[str]) -> tuple[Any, Any, Any]:
    """Start a process that will become an interpreter for execnet.

    These are the steps of execnet's ``Group.makegateway``, taken one by one so
    that a process which never answers can be ended.
    """
    import execnet
    from execnet import gateway_io

    group = execnet.Group()
    spec = execnet.XSpec("popen")
    spec.python = shlex.join(words)
    spec.execmodel = group.remote_execmodel.backend
    group.allocate_id(spec)
    return group, gateway_io.create_io(spec, execmodel=group.execmodel), spec


def _bootstrap(group: Any, io: Any, spec: Any) -> Any:
    from execnet import gateway_bootstrap

    gateway = gateway_bootstrap.bootstrap(io, spec)
    gateway.spec = spec
    group._register(gateway)
    return gateway
