"""Names of hosts are answered, others are not, and are written down."""

import struct

from batou.testing.lookout import answer, known_names


def packet(name, kind=1):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!HHHHHH", 7, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!BHH", 0, kind, 1)


def test_a_name_of_a_host_has_its_address():
    reply, unknown = answer(packet("Web1"), {"web1": "10.0.0.2"})

    assert unknown is None
    assert reply[:4] == struct.pack("!HH", 7, 0x8580)
    assert reply[-4:] == bytes([10, 0, 0, 2])


def test_other_kinds_of_records_are_empty_for_a_host():
    reply, unknown = answer(packet("web1", kind=28), {"web1": "10.0.0.2"})

    assert unknown is None
    assert struct.unpack_from("!HHHH", reply, 2)[:3] == (0x8580, 1, 0)


def test_any_other_name_does_not_exist():
    reply, unknown = answer(packet("www.example.com"), {"web1": "10.0.0.2"})

    assert unknown == "www.example.com"
    assert struct.unpack_from("!H", reply, 2)[0] & 0xF == 3


def test_names_are_those_of_the_hosts_file(tmp_path):
    path = tmp_path / "hosts"
    path.write_text("127.0.0.1 localhost # here\n\n10.0.0.2 Web1.example.com web1\n::1 six\n")

    assert known_names(str(path)) == {
        "localhost": "127.0.0.1",
        "web1.example.com": "10.0.0.2",
        "web1": "10.0.0.2",
    }
