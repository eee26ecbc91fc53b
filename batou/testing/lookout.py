"""Answers names for hosts that have no way out, and writes down which others they ask for.

This file runs in a container of its own beside the hosts; it needs Python and nothing else.
Names in its ``/etc/hosts`` have addresses; no other name exists. Each question for one of
those is printed: the address that asks, the name, and the time in seconds.
"""

import json
import socket
import struct
import sys
import time

NO_SUCH_NAME = 3
IPV4 = 1
PORT = 53


def known_names(path: str = "/etc/hosts") -> dict[str, str]:
    """Addresses by name, as hosts(5) has them."""
    found: dict[str, str] = {}
    with open(path) as file:
        for line in file:
            address, *names = line.partition("#")[0].split() or [""]
            found.update((name.lower(), address) for name in names if "." in address)
    return found


def question(packet: bytes) -> tuple[str, int, int]:
    """The name that *packet* asks for, the kind of record, and where the question ends.

    >>> question(b"\\0" * 12 + b"\\3www\\2at\\0" + b"\\0\\1\\0\\1")
    ('www.at', 1, 24)
    """
    labels: list[str] = []
    place = 12
    while packet[place]:
        labels.append(packet[place + 1 : place + 1 + packet[place]].decode("ascii", "replace"))
        place += 1 + packet[place]
    return ".".join(labels), struct.unpack_from("!H", packet, place + 1)[0], place + 5


def answer(packet: bytes, names: dict[str, str]) -> tuple[bytes, str | None]:
    """The reply to *packet*, and the name in it if nobody here is called so.

    >>> answer(b"\\7\\7" + b"\\0" * 10 + b"\\3www\\2at\\0" + b"\\0\\1\\0\\1", {})[1]
    'www.at'
    """
    name, kind, end = question(packet)
    address = names.get(name.lower())
    code = 0 if address else NO_SUCH_NAME
    records = b""
    if address and kind == IPV4:
        records = struct.pack("!HHHIH", 0xC00C, IPV4, 1, 1, 4) + socket.inet_aton(address)
    head = packet[:2] + struct.pack("!HHHHH", 0x8580 | code, 1, bool(records), 0, 0)
    return head + packet[12:end] + records, None if address else name


def main() -> None:
    """Answer until the end."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("0.0.0.0", PORT))
    print("ready", flush=True)
    while True:
        packet, peer = server.recvfrom(4096)
        try:
            reply, unknown = answer(packet, known_names())
        except (IndexError, struct.error):
            continue  # not a question
        server.sendto(reply, peer)
        if unknown:
            record = {"from": peer[0], "name": unknown, "time": time.time()}
            print(json.dumps(record), flush=True)


if __name__ == "__main__" and sys.argv[0] == "-c":
    main()
