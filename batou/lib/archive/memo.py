"""What an archive holds, remembered, so that verifying need not unpack it."""

import hashlib
import json
import os
from typing import Any


class Memo:
    """The names that *archive* gave *target* when it was last unpacked or listed.

    Lives in *folder*. While the archive is being unpacked it says so, and what an
    interrupted run left behind is unpacked again.
    """

    def __init__(self, folder: str, archive: str, target: str, *options: Any) -> None:
        key = hashlib.sha256(f"{archive}\0{target}".encode("utf-8", "surrogateescape"))
        self.path = os.path.join(folder, f"{key.hexdigest()[:16]}.json")
        self.archive, self.options = archive, json.loads(json.dumps(options))

    def _about(self) -> dict[str, Any]:
        found = os.stat(self.archive)
        identity = [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]
        return {"archive": self.archive, "identity": identity, "options": self.options}

    def _read(self) -> dict[str, Any]:
        try:
            with open(self.path) as file:
                found = json.load(file)
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def is_interrupted(self) -> bool:
        """Whether unpacking began and did not end."""
        return bool(self._read().get("unpacking"))

    def names(self) -> list[str] | None:
        """The names, None if they are unknown or of another archive."""
        found = self._read()
        if any(found.get(key) != value for key, value in self._about().items()):
            return None
        return found.get("names")

    def begin(self) -> None:
        """Unpacking begins."""
        self._write({"unpacking": True})

    def remember(self, names: list[str]) -> None:
        """The target holds *names*."""
        self._write({**self._about(), "names": names})

    def _write(self, content: dict[str, Any]) -> None:
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        beside = f"{self.path}.{os.getpid()}"
        with open(beside, "w") as file:
            json.dump(content, file)
        os.replace(beside, self.path)
