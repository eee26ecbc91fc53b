"""Tell the person at this machine that something has happened."""

import shutil
import subprocess


def escape_macosx_string(text: str) -> str:
    r"""*text* as it may stand in an AppleScript string.

    >>> escape_macosx_string('say "hi"')
    'say \\"hi\\"'
    """
    return text.replace("\\", "\\\\").replace('"', '\\"')


def notify_macosx(title: str, description: str) -> None:
    """Notify by AppleScript."""
    script = (
        f'display notification "{escape_macosx_string(description)}" '
        f'with title "{escape_macosx_string(title)}"'
    )
    subprocess.run(["osascript", "-e", script], check=False, capture_output=True, timeout=5)


def notify_send(title: str, description: str) -> None:
    """Notify by the freedesktop notification service."""
    subprocess.run(["notify-send", title, description], check=False, capture_output=True, timeout=5)


def notify_none(title: str, description: str) -> None:
    """Do nothing."""


def notify(title: str, description: str) -> None:
    """Notify by whatever this machine has; never fails."""
    for program, function in (("osascript", notify_macosx), ("notify-send", notify_send)):
        if shutil.which(program):
            try:
                function(title, description)
            except (OSError, subprocess.SubprocessError):
                continue
            return
