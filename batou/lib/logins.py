"""Logins in the urls of repositories: they reach programs where no other user sees them.

What stands in a command can be read by every user of a host, and clients write
the url into the settings of a working copy. So the login is taken out of it, and
handed over in the environment of the process.
"""

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from batou.lib.download.http import split_login

USER, PASSWORD, PLACE = "BATOU_LOGIN_USER", "BATOU_LOGIN_PASSWORD", "BATOU_LOGIN_PLACE"


@dataclass(frozen=True)
class Remote:
    """A repository: its *url* without the login that stood in it, and that login."""

    url: str
    user: str = ""
    password: str = ""

    @classmethod
    def of(cls, url: str) -> "Remote":
        """The repository behind *url*; only http and https have passwords in urls.

        >>> Remote.of("https://me:s%20t@example.com/x")
        Remote(url='https://example.com/x', user='me', password='s t')
        >>> Remote.of("ssh://git@example.com/x").url
        'ssh://git@example.com/x'
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.password:
            return cls(url)
        bare, login = split_login(url)
        return cls(bare, *(login or ("", "")))

    @property
    def environment(self) -> dict[str, str]:
        """The variables that hold the login."""
        if not self.password:
            return {}
        return {USER: self.user, PASSWORD: self.password, PLACE: self.place}

    @property
    def place(self) -> str:
        """The server: scheme, host and port."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def git_options(self) -> list[str]:
        """What git needs to take the login from its environment; other helpers are not asked."""
        if not self.password:
            return []
        answer = f'printf "username=%s\\npassword=%s\\n" "${USER}" "${PASSWORD}"'
        helper = f'!f() {{ test "$1" != get || {answer}; }}; f'
        setting = f"credential.{self.place}.helper"
        return ["-c", f"{setting}=", "-c", f"{setting}={helper}"]

    def mercurial_options(self) -> list[str]:
        """What hg needs to take the login from its environment."""
        if not self.password:
            return []
        extension = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hglogin.py")
        return ["--config", f"extensions.batou_login={extension}"]


def without_login(url: str) -> str:
    """*url* without what stands before its host.

    >>> without_login("https://me:secret@example.com/x"), without_login("/srv/x")
    ('https://example.com/x', '/srv/x')
    """
    return split_login(url)[0] if urlsplit(url).scheme in ("http", "https") else url
