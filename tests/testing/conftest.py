"""A container engine that only remembers."""

import sys

import pytest

ENGINE = """\
#!{python}
import fcntl, json, os, sys
words = sys.argv[1:]
guard = open(os.path.join({place!r}, "guard"), "a")
fcntl.flock(guard, fcntl.LOCK_EX)
with open(os.path.join({place!r}, "calls"), "a") as file:
    file.write(json.dumps(words) + "\\n")
state = os.path.join({place!r}, "state")
images = json.load(open(state)) if os.path.exists(state) else {{}}
kind = words[:2]
if words[0] == "info":
    print(json.dumps({{"ServerErrors": None}}))
elif words[0] == "pull":
    sys.exit("no registry here")
elif words[0] == "build":
    labels = [words[i + 1] for i, word in enumerate(words) if word == "--label"]
    images[words[words.index("-t") + 1]] = dict(label.split("=", 1) for label in labels)
elif words[0] == "import":
    images[words[-1]] = {{"batou.base": "bookworm"}}
elif kind == ["image", "ls"]:
    wanted = words[-1].removeprefix("label=")
    print(*[n for n, labels in images.items() if n == wanted or wanted in labels], sep="\\n")
elif kind == ["image", "inspect"]:
    known = {{"Size": 5000000, "Created": "2026-01-02T03:04:05Z"}}
    print(
        json.dumps(
            [{{**known, "RepoTags": [n], "Config": {{"Labels": images[n]}}}} for n in words[2:]]
        )
    )
elif kind == ["image", "rm"]:
    del images[words[2]]
elif words[1:2] != ["ls"]:
    sys.exit("the fake engine cannot " + " ".join(words))
with open(state, "w") as file:
    json.dump(images, file)
"""

MMDEBSTRAP = """\
#!/bin/sh
for word; do case $word in *.tar) echo tree >"$word";; esac; done
"""


@pytest.fixture
def fake_engine(tmp_path, monkeypatch):
    """The directory of an engine called ``fake``: its calls are in the file ``calls``."""
    place = tmp_path / "engine"
    place.mkdir()
    scripts = {
        "fake": ENGINE.format(python=sys.executable, place=str(place)),
        "mmdebstrap": MMDEBSTRAP,
    }
    for name, text in scripts.items():
        (place / name).write_text(text)
        (place / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(place), prepend=":")
    monkeypatch.setenv("BATOU_ENGINE", "fake")
    monkeypatch.delenv("BATOU_STAND_IN", raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return place
