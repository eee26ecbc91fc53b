"""Who fetches what for which host, and what is said when it cannot be had."""

import hashlib
import threading

import pytest

from batou.artifacts import Artifact, ArtifactDamaged, Shipped
from batou.bundle.cache import Cache
from batou.bundle.errors import CannotShip
from batou.bundle.fetch.desk import NotFetched
from batou.bundle.fetch.fetching import Abandoned, Fetching
from batou.bundle.fetch.kinds import fetcher
from batou.bundle.interpreter import Interpreter
from batou.errors import DeploymentError

HERE = Interpreter.here()

COMPONENT = """
from batou.component import Attribute, Component
from batou.lib.download import Download

class Hello(Component):
    wanted = Attribute("list", default="")
    def configure(self):
        for wanted in self.wanted:
            place, digest = wanted.split("=")
            self += Download(place, checksum="sha256:" + digest)
        self.host_specific()

    def host_specific(self):
        pass
"""


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def files(tmp_path):
    """Makes a file to be downloaded; returns what the component is told."""

    def make(name, content=b"content", shown=None):
        (tmp_path / name).write_bytes(content)
        return f"file://{tmp_path}/{name}={shown or digest(content)}"

    return make


@pytest.fixture
def fetching(project):
    """Begins to fetch for hosts that want files."""

    def begin(*wanted, policy="", hosts=("one",), single=""):
        project.write("components/hello/component.py", COMPONENT)
        lines = "\n".join(f"{host} = hello" for host in hosts)
        settings = f"artifacts = {policy}" if policy else ""
        project.write(
            "environments/prod/environment.cfg",
            f"[environment]\n{settings}\n[hosts]\n{lines}\n{single}\n"
            f"[component:hello]\nwanted = {', '.join(wanted)}\n",
        )
        environment = project.environment
        assert environment.configure() == []
        made = Fetching(environment, Cache(str(project.path / ".batou/cache")))
        made.begin(list(hosts))
        return made

    return begin


def delivered(made, *names):
    """What each host gets, or the error that its thread dies of."""
    answers = {}

    def deliver(name):
        try:
            answers[name] = made.deliver(name, HERE)
        except DeploymentError as error:
            answers[name] = error

    threads = [threading.Thread(target=deliver, args=(name,), daemon=True) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def test_hosts_get_what_their_components_want(fetching, files):
    delivery = fetching(files("a", b"a"), files("b", b"b")).deliver("one", HERE)

    assert sorted(entry.path for entry in delivery.part.entries) == sorted(
        [digest(b"a"), digest(b"b")]
    )
    assert {digest(b"a")} in [set(known["files"].values()) for known in delivery.known.values()]


def test_the_second_time_nothing_is_read(fetching, files, tmp_path):
    wanted = files("a")
    first = fetching(wanted).deliver("one", HERE)
    (tmp_path / "a").unlink()

    assert fetching(wanted).deliver("one", HERE) == first


def test_what_is_lost_from_the_cache_is_fetched_again(fetching, files, project):
    wanted = files("a")
    first = fetching(wanted).deliver("one", HERE)
    (project.path / ".batou/cache/artifacts" / digest(b"content")).unlink()

    assert fetching(wanted).deliver("one", HERE) == first


def test_a_host_may_fetch_for_itself(fetching, files):
    delivery = fetching(files("a"), policy="host").deliver("one", HERE)

    assert (delivery.part, delivery.known) == (None, {})


def test_a_host_decides_otherwise_than_its_environment(fetching, files):
    section = "[host:two]\ncomponents = hello\nartifacts = controller\n"
    made = fetching(files("a"), policy="host", single=section)
    made.begin(["one", "two"])

    answers = delivered(made, "one", "two")

    assert answers["one"].part is None
    assert answers["two"].part is not None


def test_what_is_missing_is_left_to_the_host(fetching, files, output):
    delivery = fetching(files("a"), files("b", shown="0" * 64)).deliver("one", HERE)

    assert [entry.path for entry in delivery.part.entries] == [digest(b"content")]
    assert "b" not in output.backend.output  # a file: URL is another one on each machine


def test_a_warning_names_what_hosts_have_to_try(project, output):
    project.write(
        "components/hello/component.py",
        "from batou.component import Component\nfrom batou import artifacts\n"
        "class Hello(Component):\n    def configure(self):\n"
        "        artifacts.want(self, artifacts.Artifact('unheard-of', (1,), 'a thing'))\n",
    )
    environment = project.environment
    environment.configure()
    made = Fetching(environment, project.cache)
    made.begin(["localhost"])

    made.deliver("localhost", HERE)
    made.deliver("localhost", HERE)

    text = "cannot fetch a thing here, hosts will try it: nothing here fetches artifacts of kind"
    assert output.backend.output.count(text) == 1


def test_all_that_is_missing_is_one_error_for_all_hosts(fetching, files):
    wanted = [files("a", shown="0" * 64), files("b", shown="1" * 64)]
    made = fetching(*wanted, policy="controller", hosts=("one", "two"))

    answers = delivered(made, "one", "two")

    assert isinstance(answers["one"], CannotShip)
    assert answers["one"].problems == answers["two"].problems
    assert [hosts for hosts, _ in answers["one"].problems] == ["one, two", "one, two"]
    text = answers["one"].problems[0][1]
    assert "components/hello/component.py:10" in text
    assert "its checksum is" in text


def test_a_host_that_is_not_reached_holds_nobody_up(fetching, files):
    made = fetching(files("a"), policy="controller", hosts=("one", "two"))
    made.give_up("two")

    assert made.deliver("one", HERE).part is not None


def test_nobody_waits_for_a_run_that_has_ended(project):
    made = Fetching(project.environment, project.cache)
    errors = []

    def deliver():
        try:
            made.deliver("localhost", HERE)
        except Abandoned as error:
            errors.append(error)

    thread = threading.Thread(target=deliver)
    thread.start()
    made.end()
    thread.join(60)

    assert len(errors) == 1


def test_a_failure_that_took_long_is_believed_for_a_while(
    fetching, files, project, monkeypatch, tmp_path
):
    monkeypatch.setattr("batou.bundle.fetch.fetching.SLOW", -1.0)
    wanted = files("a")
    (tmp_path / "a").rename(tmp_path / "gone")
    fetching(wanted).deliver("one", HERE)
    (tmp_path / "gone").rename(tmp_path / "a")

    assert fetching(wanted).deliver("one", HERE).part is None
    assert fetching(wanted, policy="controller").deliver("one", HERE).part is not None


# Kinds


def made(make, wanted="it"):
    return Artifact("made", (wanted,), "something", {"make": make})


def test_a_component_may_make_an_artifact_itself(desk):
    asked = []

    def make(path):
        asked.append(path)
        with open(path, "w") as file:
            file.write("made")

    first = fetcher("made")(made(make), desk)
    second = fetcher("made")(made(make), desk)

    assert first == second
    assert first.files == {"": digest(b"made")}
    assert len(asked) == 1


def test_what_cannot_be_made_says_why(desk):
    def make(path):
        raise PermissionError("not yours")

    with pytest.raises(NotFetched, match="not yours"):
        fetcher("made")(made(make), desk)
    with pytest.raises(NotFetched, match="nothing was made"):
        fetcher("made")(made(lambda path: None), desk)


# On the host


def test_a_file_that_was_damaged_goes(tmp_path, root):
    wanted = Artifact("download", ("sha256", digest(b"a")), "a")
    (tmp_path / digest(b"a")).write_bytes(b"b")
    shipped = Shipped(str(tmp_path), {wanted.key: {"files": {"": digest(b"a")}, "facts": {}}})

    with pytest.raises(ArtifactDamaged):
        shipped.find(wanted)
    assert shipped.find(wanted) is None


def test_what_was_not_shipped_is_not_found(tmp_path):
    wanted = Artifact("download", ("sha256", digest(b"a")), "a")

    assert Shipped().find(wanted) is None
    told = {wanted.key: {"files": {"": digest(b"a")}, "facts": {"size": 1}}}
    assert Shipped(str(tmp_path), told).find(wanted) is None
    assert Shipped(str(tmp_path), told).facts(wanted) == {"size": 1}
