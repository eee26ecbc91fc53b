#!/usr/bin/env -S python3 -I -S
"""Runs batou in exactly the environment that the project's lock describes.

`batou init` writes this file into a project as `batou`, and `batou update` refreshes it. It needs
Python's standard library only. requirements.txt is what people write; requirements.lock is what
pip-compile makes of it, by itself, whenever the text changed; `.batou/environments/<digest>` is
what pip makes of the lock. While nothing changes, all that happens is `ready_environment`, then the
program. A symlink to this file runs the program that has the symlink's name. It is one file, and
longer than others, because it is copied; imports stand where they are needed, for speed.
"""

from __future__ import annotations

import hashlib
import os
import sys

BATOU = "batou"
TOOLS = """\
build==1.6.1 \
    --hash=sha256:ecd351a4be9d35a9eaaba244a7687143c9c7d4aea6ac964e7e7ddab20cbcf4e7
click==8.5.1 \
    --hash=sha256:8bb5376d2006950386f8c6427613334a2acadc5f559cb80e638d00b4df957e37
packaging==26.3 \
    --hash=sha256:d7193f7c8e4e93f444fde0262bf90af30e16fa0ad0ad44cb553c87339b23cd1c
pip==26.3 \
    --hash=sha256:f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13
pip-tools==7.6.2 \
    --hash=sha256:f37eb4b736859c2c30230e50977312c61918b7ef931071ff7811fd067715c25f
pyproject-hooks==1.3.3 \
    --hash=sha256:5fc53fdac9f7bd63fbcdc868fb5f90b4784d78a53a3d3388cd738b807441a20b
setuptools==84.2.1 \
    --hash=sha256:ca140b45d5325a9478f880e351484f62fef15f336462e449ca0c03c873d589c2
tomli==2.5.0 \
    --hash=sha256:32a7b79ac57a2e83670ce329ccf675798bc5a2094783a63676866b70503f2e2b
typing-extensions==4.16.0 \
    --hash=sha256:481caa481374e813c1b176ada14e97f1f67a4539ce9cfeb3f350d78d6370c2e8
wheel==0.48.0 \
    --hash=sha256:3217dcc807155e45db462d7ef2431f5ddda0d7273b700d05a67b271ceb1287ab
"""
OLDEST = (3, 10)
COMPILE = ["--verbose", "--generate-hashes", "--strip-extras", "--allow-unsafe", "--no-header"]
COMPILE += ["--no-config", "--no-emit-index-url", "--no-emit-find-links"]
COMPILE += ["--no-emit-trusted-host", "--no-emit-options"]
USAGE = "usage: appenv {update-lockfile | init | reset | prepare | python [ARGS] | run NAME [ARGS]}"


class Failure(Exception):
    """What went wrong, as a person should read it, and the exit code."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code


class DoesNotFit(Failure):
    """A package in the environment needs something that the lock does not have."""


def content(*path: str) -> str:
    """The text of a file; empty if there is none."""
    try:
        with open(os.path.join(*path), encoding="utf-8", newline="") as file:
            return file.read()
    except OSError:
        return ""


def replace(path: str, text: str) -> None:
    """Write a file at once: whoever reads sees the old text or the new one."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path + ".new", path)


def digest(*texts: str) -> str:
    """A name for exactly these texts."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def masked(text: str) -> str:
    """*text* without the credentials in its URLs."""
    import re

    return re.sub(r"(?<=://)[^/\s@]+@", "***@", text)


def say(text: str) -> None:
    """Tell the person; standard output belongs to the program."""
    print(masked(text), file=sys.stderr, flush=True)


# What requirements.txt and requirements.lock say


def logical_lines(text: str) -> list[str]:
    """The lines of a requirements file: continued ones joined, without comments and empty ones."""
    import re

    joined = re.sub(r"\\\r?\n\s*", "", text)
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in joined.splitlines())
    return [line for line in lines if line]


def name_of(requirement: str) -> str:
    """The package that a requirement names; empty if it only says where to find it."""
    import re

    found = re.match(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^]]*\]\s*)?(?:$|[<>=!~;@ ])", requirement)
    found = found or re.search(r"[#&]egg=([\w.-]+)", requirement)
    return re.sub(r"[-_.]+", "-", found[1]).lower() if found else ""


def local_path(root: str, requirement: str) -> str:
    """The file or directory that a requirement installs; empty if it comes from elsewhere."""
    import re
    from urllib.parse import unquote

    place = re.sub(r"^(-e|--editable)[ =]\s*|^[\w.\[\],-]+\s*@\s*(?=file:)", "", requirement)
    if place == requirement and "/" not in place and not place.startswith("."):
        return ""
    place = re.split(r"\s--|\s;|[\[#\\]", place)[0].strip()
    if place.startswith("file:"):
        place = unquote(re.sub(r"^file:(//)?", "", place))
    path = os.path.normpath(os.path.join(root, place))
    return path if os.path.exists(path) else ""


def is_pinned(requirement: str) -> bool:
    """Whether it is a version or an archive; directories and repositories have no hash."""
    return "--hash" in requirement or "==" in requirement.split("@")[0].split(";")[0]


class Requirements:
    """What requirements.txt asks for, with the files that it includes."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.files: list[str] = []  # relative to root
        self.wanted: list[str] = []  # what people asked for
        self.options: list[str] = []  # where pip finds it
        self._read("requirements.txt", True)

    def _read(self, name: str, wanted: bool) -> None:
        self.files.append(name)
        for line in logical_lines(content(self.root, name)):
            option, _, value = line.replace("=", " ", line.startswith("--")).partition(" ")
            beside = os.path.join(os.path.dirname(name), value.strip())
            exists = os.path.exists(os.path.join(self.root, beside))
            if option in ("-e", "--editable") or not line.startswith("-"):
                self.wanted += [line] if wanted else []
            elif option in ("-r", "--requirement", "-c", "--constraint"):
                if exists and beside not in self.files:
                    self._read(beside, wanted and option in ("-r", "--requirement"))
            elif option in ("-f", "--find-links") and exists:
                self.options.append(f"--find-links {os.path.join(self.root, beside)}")
            else:
                self.options.append(line)


def essence(output: str) -> list[str]:
    """What a person needs of a failed pip's output: its end, without pip's own traceback."""
    import re

    told, *traces = re.split(r"^Traceback \(most recent call last\):\n", output, flags=re.M)
    if traces and "ERROR: " not in told:
        told += re.sub(r"^[\w.]+: ", "", re.sub(r"(?m)^\s.*\n", "", traces[-1]))
    lines = [line for line in told.rstrip().splitlines() if line.strip()]
    return [line if len(line) < 400 else f"{line[:400]} ..." for line in lines[-25:]]


# Interpreters, as (version, real path)


def interpreter(name: str) -> tuple[tuple[int, ...], str] | None:
    """The Python of this name, if it starts (pyenv's shims may not) and is not too old."""
    import shutil
    import subprocess

    code = "import os, sys; print(*sys.version_info[:3], os.path.realpath(sys.executable))"
    command = [shutil.which(name) or name, "-I", "-S", "-c", code]
    try:
        answer = subprocess.check_output(command, stderr=subprocess.DEVNULL).decode()
    except (OSError, subprocess.CalledProcessError):
        return None
    *version, path = answer.strip().split(" ", 3)
    found = tuple(map(int, version)), path
    return found if found[0] >= OLDEST else None


def preferred(requirements: str) -> list[str]:
    """The versions of Python that requirements.txt asks for, best first."""
    import re

    found = re.search(r"^# appenv-python-preference: *(.*)", requirements, re.M)
    return [version.strip() for version in found[1].split(",")] if found else []


def interpreters(versions: list[str]) -> list[tuple[tuple[int, ...], str]]:
    """Those of the preferred Pythons that there are; or else this one, or the newest on PATH."""
    usable = list(filter(None, (interpreter(f"python{version}") for version in versions)))
    newest = (f"python3.{minor}" for minor in range(30, OLDEST[1] - 1, -1))
    for name in (sys.executable, *newest):
        usable = usable or list(filter(None, [interpreter(name)]))
    if not usable:
        this = f"{sys.version.split()[0]} ({sys.executable})"
        raise Failure(f"batou needs Python 3.10 or newer; this is {this}, PATH has no other", 65)
    return usable


# The project


class Project:
    """A batou project and its current environment."""

    def __init__(self, root: str, batou: str = BATOU) -> None:
        self.root = root
        self.batou = batou
        self.environments = os.path.join(root, ".batou", "environments")

    def environment(self) -> str:
        """The environment for exactly this lock; made now if it is not there."""
        ready = self.ready_environment()
        if ready:
            return ready
        with Change(self) as change:  # while we waited, another process may have made it
            return self.ready_environment() or change.environment()

    def ready_environment(self) -> str:
        """The current environment; empty if something that decided it is different now."""
        try:
            current = os.readlink(os.path.join(self.environments, "current"))
        except OSError:
            return ""
        environment = os.path.join(self.environments, current)
        made_from, *files = content(environment, ".ready").split("\n")
        same = made_from == self.fingerprint(files)
        return environment if same and os.path.exists(f"{environment}/bin/python") else ""

    def fingerprint(self, files: list[str]) -> str:
        """A name for all that decides which environment is right."""
        texts = [content(self.root, name) for name in files]
        return digest(self.batou, sys.version, os.path.realpath(sys.executable), *files, *texts)

    def run(self, name: str, *arguments: str) -> None:
        """Become a program of the environment."""
        program = os.path.join(self.environment(), "bin", name)
        if not os.path.exists(program):
            raise Failure(f"no requirement installs a program called {name!r}")
        for variable in ("PYTHONPATH", "PYTHONHOME"):
            os.environ.pop(variable, None)
        os.environ["APPENV_BASEDIR"] = self.root
        os.execv(program, [program, *arguments])


class Change:
    """Locks and installs what requirements.txt asks for now; one process at a time may."""

    def __init__(self, project: Project, tools: str = "") -> None:
        self.project = project
        self.root = project.root
        self.home = os.path.join(project.root, ".batou")
        self.lock_file = os.path.join(project.root, "requirements.lock")
        self.given_tools = tools or os.environ.get("BATOU_TOOLS", "")
        self.announced: set[str] = set()

    def __enter__(self) -> Change:
        import fcntl

        os.makedirs(self.project.environments, exist_ok=True)
        self.guard = open(os.path.join(self.project.environments, "lock"), "a")
        try:
            fcntl.flock(self.guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another batou, which is installing")
            fcntl.flock(self.guard, fcntl.LOCK_EX)
        self.text = content(self.root, "requirements.txt")
        self.requirements = Requirements(self.root)
        pythons = interpreters(preferred(self.text))
        self.python, self.oldest = pythons[0], min(pythons)
        self.added, self.checkout = self._batou(self.project.batou)
        return self

    def __exit__(self, *error: object) -> None:
        self.guard.close()

    def _batou(self, batou: str) -> tuple[str, str]:
        """What to require besides requirements.txt, and the directory if batou comes from one."""
        named = [line for line in self.requirements.wanted if name_of(line) == "batou"]
        if any("@" in line or "://" in line for line in named):
            return "", ""
        if not batou.startswith(("-e ", "file:", ".", "/")):
            return "" if named and "@" not in batou else batou, ""
        checkout = local_path(self.root, batou)
        if not checkout:
            raise Failure(
                f"this project takes batou from {batou!r}, which is not here; "
                "`batou init --force .` with an installed batou mends it"
            )
        return batou, checkout

    def environment(self) -> str:
        """Lock if requirements.txt changed, then install what the lock says."""
        if not self.is_locked():
            self.lock()
        try:
            return self.install()
        except DoesNotFit:  # a local package needs more than it did when the lock was made
            before = self.locked()
            self.lock()
            if self.locked() == before:
                raise
            return self.install()

    def call(self, problem: str, *command: str) -> None:
        """Run a command in the project; if it fails, raise *problem* with its last lines."""
        import subprocess
        from subprocess import DEVNULL, PIPE, STDOUT

        harmful = ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX")
        env = {name: value for name, value in os.environ.items() if name not in harmful}
        env.update(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1", PIP_USER="0")
        run = subprocess.Popen(
            command, cwd=self.root, env=env, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT
        )
        output = run.communicate()[0].decode(errors="replace")
        if run.returncode:
            raise Failure("\n  | ".join([problem, *essence(output)]))

    # Locking

    def is_locked(self) -> bool:
        """Whether the lock was made from these requirements, by us or by batou 2.x."""
        lock = content(self.lock_file)
        ours, theirs = f"# batou-requirements-hash: {self.hash()}", digest(self.text)
        return ours in lock or f"# appenv-requirements-hash: {theirs}" in lock

    def hash(self) -> str:
        """sha256 of requirements.txt, what it includes, and the batou that it does not name."""
        texts = [content(self.root, name) for name in self.requirements.files]
        return digest(*texts, *([self.added] if self.added and not self.checkout else []))

    def locked(self) -> list[str]:
        """What to install: on each line a requirement with its hashes."""
        lines = logical_lines(content(self.lock_file))
        lines = [line for line in lines if line.startswith("-e ") or not line.startswith("-")]
        if self.checkout:
            lines = [line for line in lines if name_of(line) != "batou"] + [self.added]
        return lines

    def lock(self, *flags: str) -> None:
        """Make the lock; its versions stay, unless *flags* of pip-compile say otherwise."""
        from urllib.parse import quote

        desk = os.path.join(self.home, "locking")
        os.makedirs(desk, exist_ok=True)
        old = content(self.lock_file) or content(self.checkout or desk, "requirements.lock")
        replace(f"{desk}/requirements.lock", "\n".join(filter(is_pinned, logical_lines(old))))
        checkout = f"batou @ file://{quote(self.checkout)}" if self.checkout else ""
        replace(f"{desk}/batou.txt", checkout or self.added)
        people = ["requirements.txt"] if os.path.exists(f"{self.root}/requirements.txt") else []
        self.call(
            "requirements.txt cannot be locked; requirements.lock is as it was",
            *(self.tools(), "-m", "piptools", "compile", *COMPILE, *flags, "--output-file"),
            *(f"{desk}/requirements.lock", *people, ".batou/locking/batou.txt"),
        )
        text = "# Made by batou with pip-compile: change requirements.txt, not this file.\n"
        text += f"# batou-requirements-hash: {self.hash()}\n"
        replace(self.lock_file, text + self.tidy(content(desk, "requirements.lock")))

    def tidy(self, compiled: str) -> str:
        """pip-compile's answer without remarks, the checkout, and directories of this machine."""
        kept, ours = [], False
        for line in filter(None, compiled.splitlines()):
            if line[0] not in "# ":
                path = local_path(self.root, line)
                ours = bool(path) and path == self.checkout
                if path and path not in self.text:
                    near = os.path.relpath(path, self.root)
                    path = near if near.startswith("..") else f"./{near}"
                if path:
                    line = "-e " * line.startswith("-e") + path + " \\" * line.endswith("\\")
            if not ours and line[0] != "#":
                kept.append(line.replace("-r .batou/locking/batou.txt", "./batou") + "\n")
        return "".join(kept)

    def tools(self) -> str:
        """A Python that has the pip and the pip-tools that TOOLS pins."""
        import shutil

        tools = os.path.join(self.home, "tools", digest(TOOLS, repr(self.oldest))[:16])
        python = self.given_tools or os.path.join(tools, "bin", "python")
        if not self.given_tools and not content(tools, ".ready"):
            problem = (
                "pip-tools cannot be installed into .batou/tools; where Python comes without venv "
                "and ensurepip, `apt install python3-venv` (Debian, Ubuntu) brings them"
            )
            shutil.rmtree(os.path.dirname(tools), ignore_errors=True)
            self.call(problem, self.oldest[1], "-m", "venv", tools)
            replace(f"{tools}/tools.txt", "\n".join([*self.requirements.options, TOOLS]))
            pip = python, "-m", "pip", "install", "--no-deps", "--require-hashes"
            self.call(problem, *pip, "-r", f"{tools}/tools.txt")
            replace(f"{tools}/.ready", "ready\n")
        return python

    # Installing

    def install(self) -> str:
        """The environment for the lock, which becomes the current one."""
        locked = self.locked()
        places = [path for path in (local_path(self.root, line) for line in locked) if path]
        metadata = "pyproject.toml", "setup.cfg", "setup.py"
        files = [f"{path}/{name}" for path in places for name in metadata]
        name = digest(repr(self.python), *locked, *(content(file) for file in files))[:16]
        environment = os.path.join(self.project.environments, name)
        if not (content(environment, ".ready") and os.path.exists(f"{environment}/bin/python")):
            self.announce(locked)
            self.fill(environment, locked)
        files += [*self.requirements.files, "requirements.lock"]
        replace(f"{environment}/.ready", "\n".join([self.project.fingerprint(files), *files]))
        self.switch_to(name)
        return environment

    def announce(self, locked: list[str]) -> None:
        """Name what people asked for and the current environment lacks."""
        import re

        python, *before = content(self.project.environments, "current", "installed.txt").split("\n")
        new = [line for line in locked if line not in before or python != repr(self.python)]
        names, places = map(name_of, new), [local_path(self.root, line) for line in new]
        found = {*names, *places} - {""}
        for wanted in filter(None, [self.added, *self.requirements.wanted]):
            if found & {name_of(wanted), local_path(self.root, wanted)} - self.announced:
                plain = re.split(r"[\s\[<>=!~;@]", re.sub(r"^-e\s+", "", wanted))[0]
                say(f"Installing {'batou' if wanted == self.added else plain}")
        self.announced |= found

    def fill(self, environment: str, locked: list[str]) -> None:
        """Make the environment from nothing; it counts once it is marked ready."""
        import shutil

        problem = "the requirements cannot be installed"
        if content(self.project.environments, "current", ".ready"):
            problem += "; the environment from before is kept"
        make, install, check = self.commands(environment)
        hashed = any("--hash" in line for line in locked)
        pinned = [line for line in locked if is_pinned(line) or not hashed]
        others = [line for line in locked if line not in pinned]
        shutil.rmtree(environment, ignore_errors=True)
        self.call(problem, *make)
        for lines, flags in ((pinned, ["--require-hashes"] * hashed), (others, [])):
            wanted = os.path.join(environment, "wanted.txt")
            replace(wanted, "\n".join([*self.requirements.options, *lines]))
            if lines:
                self.call(problem, *install, "--no-deps", *flags, "-r", wanted)
        try:
            self.call("the requirements do not fit together", *check)
        except Failure as failure:
            raise DoesNotFit(str(failure)) from None
        replace(f"{environment}/installed.txt", "\n".join([repr(self.python), *locked]))

    def commands(self, environment: str) -> tuple[list[str], list[str], list[str]]:
        """How to make an environment, how to install into it, and how to check it."""
        base, here, uv = self.python[1], ["--python", f"{environment}/bin/python"], self.uv()
        if uv:
            make = [uv, "venv", "--python", base, environment]
            return make, [uv, "pip", "install", *here], [uv, "pip", "check", *here]
        make = [base, "-m", "venv", "--without-pip", environment]
        pip = [self.tools(), "-m", "pip", *here]
        return make, [*pip, "install"], [*pip, "check"]

    def uv(self) -> str:
        """uv, if it is there and only pip is told where packages are: uv does not read that."""
        import re
        import shutil

        told = [name for name in os.environ if re.match("PIP_.*(INDEX|URL|LINKS|CERT|PROXY)", name)]
        if os.environ.get("PIP_CONFIG_FILE") != os.devnull:
            homes = "/etc", "/etc/xdg/pip", "~/.pip", "~/.config/pip"
            told += [home for home in homes if content(os.path.expanduser(home), "pip.conf")]
        return "" if told or self.requirements.options else shutil.which("uv") or ""

    def switch_to(self, name: str) -> None:
        """Make an environment the current one; of the others only the one before it stays."""
        import shutil

        current = os.path.join(self.project.environments, "current")
        before = os.readlink(current) if os.path.islink(current) else ""
        if before != name:
            if os.path.islink(f"{current}.new"):
                os.unlink(f"{current}.new")
            os.symlink(name, f"{current}.new")
            os.replace(f"{current}.new", current)
            for entry in os.scandir(self.project.environments):
                if entry.is_dir(follow_symlinks=False) and entry.name not in (name, before):
                    replace(f"{entry.path}/.ready", "")  # what is half removed must not be used
                    shutil.rmtree(entry.path)


# The commands


def find_project(called: str) -> str:
    """The directory of the file as it was called, or, for a link from elsewhere, of the file."""
    here = os.path.dirname(os.path.abspath(called))
    signs = ("requirements.txt", "requirements.lock", "components", "environments")
    if any(os.path.exists(os.path.join(here, sign)) for sign in signs):
        return here
    return os.path.dirname(os.path.realpath(called))


def appenv(project: Project, verb: str = "", *arguments: str) -> None:
    """What 2.x's `appenv` does under its own name."""
    import shutil

    if verb == "python":
        project.run("python", *arguments)
    elif verb == "run" and arguments:
        project.run(*arguments)
    elif verb == "init":
        project.run("batou", "init", *arguments)
    elif verb == "prepare":
        project.environment()
    elif verb == "reset":
        for place in (".batou/environments", ".batou/tools", ".appenv"):
            shutil.rmtree(os.path.join(project.root, place), ignore_errors=True)
    elif verb == "update-lockfile":
        with Change(project) as change:
            versions = preferred(change.text)
            oldest = min(versions, key=lambda version: [*map(int, version.split("."))], default="")
            if oldest and not interpreter(f"python{oldest}"):
                raise Failure(f"python{oldest}, named in requirements.txt, does not run batou", 66)
            change.lock("--upgrade")
    else:
        raise Failure(USAGE, 2)


def main(called: str, arguments: list[str]) -> int:
    """Run the program that has the name of the launcher; an exit code if that is impossible."""
    project, name = Project(find_project(called)), os.path.basename(called)
    try:
        if name == "appenv":
            appenv(project, *arguments)
        else:
            project.run(name, *arguments)
    except Failure as failure:
        say(f"{name}: {failure}")
        return failure.code
    except OSError as error:
        say(f"{name}: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(__file__, sys.argv[1:]))
