"""Bring a URL of any scheme into a file, and check it."""

import os
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from batou.lib.download.http import IDLE_TIMEOUT, HttpOptions, hide_password, split_login
from batou.lib.download.transfer import ChecksumMismatch, DownloadFailed, Partial, Transfer
from batou.process import cmd, hash_file


@dataclass(frozen=True)
class Wanted:
    """The file at *uri*, with the digest *checksum* (hex) by *function* (of hashlib).

    *component* is who wants it, for errors.
    """

    uri: str
    function: str
    checksum: str
    options: HttpOptions = field(default_factory=HttpOptions)
    component: str = ""

    def bring(self, part: str) -> None:
        """Write it to *part*, which may have its beginning.

        Raises DownloadFailed, and then leaves what came; ChecksumMismatch, and
        then removes it; CmdExecutionError if rsync fails.
        """
        if urlsplit(self.uri).scheme == "rsync":
            found = self._rsync(part)
        else:
            partial = Partial(part, self.function)
            found = Transfer(self.uri, partial, self.checksum, self.options, self.component).run()
        if found != self.checksum:
            os.unlink(part)
            raise ChecksumMismatch(hide_password(self.uri), self.component, self.checksum, found)

    def _rsync(self, part: str) -> str:
        url, login = split_login(self.uri)
        user, password = login or ("", "")
        if user:
            url = url.replace("//", f"//{quote(user)}@", 1)
        wait = f"{IDLE_TIMEOUT:.0f}"
        options = [f"--timeout={wait}", f"--contimeout={wait}", "--copy-links", "--inplace"]
        secret = {"RSYNC_PASSWORD": password} if password else None
        cmd(["rsync", *options, "--", url, part], env=secret)
        if not os.path.isfile(part):
            raise DownloadFailed(hide_password(self.uri), self.component, "rsync brought no file")
        return hash_file(part, self.function)
