"""Lines over execnet."""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from time import sleep
from typing import Any

from batou.transport import Arrival, Inbox
from batou.transport.bootstrap import START, bootstrap
from batou.transport.command import Reach, command
from batou.transport.failures import ConnectionFailed
from batou.transport.guard import MOST, BadAnswer, Guarded
from batou.transport.hearing import DIALOGUE, RUN, fault_of
from batou.transport.opening import Openings
from batou.transport.program import LocalProgram, Program, Start
from batou.transport.relay import Relay
from batou.transport.watchdog import Stalled, Watch

END = object()

Talk = Callable[[Guarded, Any], Any]

MOST_RELAYED = 256 * MOST
"""Bytes that a relay may say, for all hosts behind it."""

MOST_WAITING = 200
"""Messages of all hosts that may wait here before a host that sends more has to wait."""

GRACE = 3.0
"""Seconds that a host has to end by itself when its line is closed."""

TIMEOUT = 30.0
"""Seconds that a host has to answer for the first time."""


class ExecnetLine:
    """A line to an interpreter on a host, in which stage zero runs.

    At first its answers are fetched with `receive`; after `listen` everything
    goes to an inbox.
    """

    def __init__(self, host: str, program: Guarded, gateway: Any) -> None:
        self.host = host
        self._program = program
        self._gateway = gateway
        self._channel = gateway.remote_exec(START)
        self._inbox: Inbox | None = None
        self._closing = threading.Lock()
        self._is_closed = False
        self._watch = Watch(program, self._ping, self._cut)

    def _ping(self) -> None:
        self._channel.send({"do": "ping"})

    def _cut(self) -> None:
        """Let whoever waits know that the line has stalled, even if somebody keeps its pipes."""
        self._gateway._channelfactory._finished_receiving()

    def send(self, request: dict[str, Any]) -> None:
        """Send *request*; raises OSError if the line is broken."""
        self._channel.send(request)

    def receive(self, timeout: float) -> dict[str, Any]:
        """The next answer; raises EOFError or ConnectionError at the end.

        Raises Stalled if the other side has stopped, BadAnswer if it does not talk as it
        should, TimeoutError if it does not even answer pings for *timeout* seconds.
        """
        while True:
            try:
                answer: Any = self._channel.receive(timeout)
            except self._channel.TimeoutError:
                raise TimeoutError(f"no answer within {timeout:g} s") from None
            except EOFError:
                raise self._last_words() or EOFError("the line broke") from None
            if fault := fault_of(answer, DIALOGUE):
                self._close_for(fault)
                raise BadAnswer(self.host, self._program.fault)
            if answer["say"] != "pong":
                good: dict[str, Any] = answer
                return good

    def _close_for(self, fault: str) -> None:
        """Listen no more, because the host sent *fault*."""
        self._program.fault = f"it sent {fault}"
        self._program.kill()

    def listen(self, inbox: Inbox) -> None:
        """From now on, hand what arrives to *inbox*."""
        self._inbox = inbox
        self._program.complaints.told = self._told
        self._channel.setcallback(self._arrived, endmarker=END)

    def _arrived(self, message: Any) -> None:
        assert self._inbox is not None
        if message is END:
            self._watch.stop()
            self._inbox.put(Arrival(self.host, closed=True, error=self._last_words()))
        elif self._program.fault:
            return
        elif fault := fault_of(message, RUN):
            self._close_for(fault)
        elif message["say"] != "pong":
            self._inbox.put(Arrival(self.host, message))
            while self._inbox.qsize() > MOST_WAITING and not self._is_closed:
                sleep(0.01)  # the host has to wait as well

    def _told(self, text: str) -> None:
        assert self._inbox is not None
        self._inbox.put(Arrival(self.host, {"say": "stderr", "text": text}))

    def _last_words(self) -> BaseException | None:
        if self._watch.is_stalled:
            return Stalled(self.host, self._watch.limit)
        if self._program.fault:
            return BadAnswer(self.host, self._program.fault)
        said = [line for line in self._program.complaints.said if line]
        said += [line for line in self._program.last_words.splitlines() if line.strip()]
        return ConnectionError("\n".join(said)) if said else None

    def close(self) -> None:
        """Close the line, and end the connection if it does not end by itself."""
        with self._closing:
            if self._is_closed:
                return
            self._is_closed = True
        self._watch.stop()
        end(self._program, self._gateway, self._channel)


def source_of(module: str) -> str:
    """The source text of a *module* of the agent."""
    return files("batou.agent").joinpath(f"{module}.py").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Opening:
    """How lines are opened: within *timeout* seconds, from *relay* if there is one.

    *openings* can cut them, *cache* is a directory for what is the same each time.
    """

    timeout: float = TIMEOUT
    relay: Relay | None = None
    openings: Openings | None = None
    cache: str | None = None


def open_line(
    host: str, reach: Reach, opening: Opening = Opening()
) -> tuple[ExecnetLine, dict[str, Any]]:
    """A line to *host*, and the facts that stage zero has found there.

    Raises ConnectionFailed if the host cannot be reached, has no Python, or does not
    answer in time.
    """

    def talk(program: Guarded, gateway: Any) -> tuple[ExecnetLine, dict[str, Any]]:
        line = ExecnetLine(host, program, gateway)
        return line, line.receive(opening.timeout)

    result: tuple[ExecnetLine, dict[str, Any]] = _open(
        host, reach, opening, "stage0", "main_thread_only", talk
    )
    return result


def open_relay(host: str, reach: Reach, opening: Opening = Opening()) -> Relay:
    """A line to *host* that leads on to other hosts; raises ConnectionFailed."""

    def talk(program: Program, gateway: Any) -> Relay:
        relay = Relay(program, gateway)
        relay.await_ready(opening.timeout)
        return relay

    result: Relay = _open(host, reach, opening, "relaying", "thread", talk, MOST_RELAYED)
    return result


def _open(
    host: str,
    reach: Reach,
    opening: Opening,
    module: str,
    execmodel: str,
    talk: Talk,
    most: int = MOST,
) -> Any:
    """Start the interpreter, let it run *module*, and return what *talk* makes of it."""
    start: Start = opening.relay.start if opening.relay else LocalProgram
    try:
        program = Guarded(start(command(reach)), most)
    except OSError as error:
        said = [str(error.strerror or error)]
        raise ConnectionFailed(host, reach.address, said, reach.user or "") from error
    timer = threading.Timer(opening.timeout, program.kill)
    timer.daemon = True
    timer.start()
    gateway = None
    try:
        if opening.openings is not None:
            opening.openings.add(program)
        program.write(bootstrap(source_of(module), execmodel, opening.cache))
        gateway = _gateway(program, execmodel)
        return talk(program, gateway)
    except Exception as error:
        program.close_unheard()
        program.wait(GRACE)
        said = program.complaints.close()
        release(program, gateway)
        if isinstance(error, (BadAnswer, Stalled)) and not program.has_printed:
            raise
        if isinstance(error, TimeoutError) or not timer.is_alive():
            said.append(f"timed out after {opening.timeout:g} s")
        raise ConnectionFailed(host, reach.address, said, reach.user or "") from error
    finally:
        timer.cancel()


class Greeting:
    """*program*, whose first byte only says that it serves execnet now."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._is_over = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._program, name)

    def read(self, count: int) -> bytes:
        """Exactly *count* bytes after the greeting."""
        if not self._is_over:
            self._is_over = True
            if self._program.read(1) != b"1":
                raise EOFError("it is no interpreter that serves execnet")
        return self._program.read(count)


def _gateway(program: Program, execmodel: str) -> Any:
    """execnet's gateway to *program*, which was sent what it needs, and may not be there yet."""
    import execnet

    group = execnet.Group()
    spec = execnet.XSpec(f"popen//execmodel={execmodel}")
    group.allocate_id(spec)
    gateway = execnet.Gateway(Greeting(program), spec)
    gateway.spec = spec
    group._register(gateway)
    return gateway


def end(program: Program, gateway: Any, channel: Any) -> None:
    """Ask the other side to end, and end *program* by force if it does not.

    Asking has a thread of its own: it waits for ever if the other side does not
    read what was sent before.
    """

    def ask() -> None:
        with contextlib.suppress(OSError, EOFError, ValueError):
            channel.close()
        with contextlib.suppress(OSError, EOFError, ValueError):
            gateway.exit()

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(GRACE)
    if program.wait(0 if asking.is_alive() else GRACE) is None:
        program.kill()
        program.wait(GRACE)
    program.complaints.close()
    if not asking.is_alive():
        release(program, gateway)


def release(program: Program, gateway: Any) -> None:
    """Close the pipes to *program*, which has ended; unless *gateway* still reads, or is None."""
    if gateway is None or gateway._receivepool.waitall(GRACE):
        for close in (program.close_write, program.close_read):
            with contextlib.suppress(OSError, ValueError):
                close()
