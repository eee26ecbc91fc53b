"""What a connection says on its standard error is kept in bounds."""

import os

from batou.testing.wait import wait_until
from batou.transport.complaints import LONGEST, MOST, Complaints, PipedComplaints


def test_the_last_lines_are_kept_without_what_a_terminal_obeys():
    complaints = PipedComplaints()
    told = []
    complaints.told = told.append
    os.write(complaints.pipe, b"one\n\x1b[2Jtwo\n\xff\n")

    wait_until(lambda: len(told) == 3, "all is read", seconds=60)

    assert complaints.close() == ["one", "two", "\ufffd"]


def test_a_line_without_end_is_told_in_pieces():
    complaints = PipedComplaints()
    told = []
    complaints.told = told.append
    for _ in range(8):
        os.write(complaints.pipe, b"x" * LONGEST)

    wait_until(lambda: len(told) > 2, "pieces are told", seconds=60)

    complaints.close()
    assert max(map(len, told)) <= 4 * LONGEST


def test_who_says_too_much_is_not_heard_any_more():
    complaints = Complaints()
    told = []
    complaints.told = told.append
    for _ in range(100):
        complaints.say("x" * (MOST // 10))

    assert len(told) == 10
