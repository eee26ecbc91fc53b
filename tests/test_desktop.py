"""Notifications."""

import os

import pytest

from batou import desktop


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A PATH with nothing but the programs that a test makes in it."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def make(name, status=0):
        path = tmp_path / name
        path.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/said-{name}\nexit {status}\n')
        os.chmod(path, 0o755)
        return tmp_path / f"said-{name}"

    return make


def test_the_notification_service_is_used_where_there_is_one(programs):
    said = programs("notify-send")

    desktop.notify("batou", "deployment of 'dev' succeeded")

    assert said.read_text() == "batou\ndeployment of 'dev' succeeded\n"


def test_applescript_is_used_where_there_is_one(programs):
    said = programs("osascript")

    desktop.notify('a "title"', "text")

    assert 'display notification "text" with title "a \\"title\\""' in said.read_text()


def test_no_service_at_all_is_no_error(programs):
    desktop.notify("batou", "text")
    desktop.notify_none("batou", "text")


def test_a_service_that_fails_is_no_error(programs):
    programs("notify-send", status=1)

    desktop.notify("batou", "text")
