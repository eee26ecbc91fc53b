import subprocess
from pathlib import Path
from typing import Any

import pytest

import batou.secrets
from batou.environment import Environment
from batou.errors import (
    DuplicateOverride,
    DuplicateSecretsComponentAttribute,
    FileLockedError,
    InvalidFile,
    SuperfluousSecretsSection,
    UnknownHostSecretsSection,
)
from batou.secrets import (
    AgeDiffableSecretProvider,
    AgeSecretProvider,
    GPGSecretProvider,
    NoSecretProvider,
    SecretBlob,
    SecretProvider,
)
from batou.secrets.encryption import locked
from batou.secrets.errors import ProviderError, SecretsError

BODY = """\
[component:app]
password = geheim 123
[host:web1]
data-token = t0ken
"""


class TestFinding:
    @pytest.mark.parametrize(
        "suffix, kind",
        [
            ("gpg", GPGSecretProvider),
            ("age", AgeSecretProvider),
            ("age-diffable", AgeDiffableSecretProvider),
        ],
    )
    def test_the_suffix_chooses_the_provider(
        self, project: Any, ring: Any, suffix: str, kind: type
    ) -> None:
        directory = project.environment()
        (directory / f"secrets.cfg.{suffix}").write_text("x")

        assert type(project.provider(ring())) is kind

    def test_without_a_file_there_are_no_secrets(self, project: Any, ring: Any) -> None:
        directory = project.environment()
        (directory / "secrets.cfg").write_text("of before 2.4")

        provider = project.provider(ring())

        assert isinstance(provider, NoSecretProvider)
        assert provider.read() == SecretBlob()

    def test_two_files_are_an_error_that_names_them(self, project: Any, ring: Any) -> None:
        directory = project.environment()
        (directory / "secrets.cfg.gpg").write_text("x")
        (directory / "secrets.cfg.age").write_text("x")

        with pytest.raises(ValueError, match="has 2 files of secrets") as caught:
            project.provider(ring())

        assert isinstance(caught.value, ProviderError)
        assert "secrets.cfg.gpg" in str(caught.value.rows())

    def test_an_unknown_suffix_is_an_error(self, project: Any, ring: Any) -> None:
        (project.environment() / "secrets.cfg.agee").write_text("x")

        with pytest.raises(ProviderError, match="unknown secret_provider 'agee'") as caught:
            project.provider(ring())

        assert caught.value.hint() == "did you mean 'age'?"

    def test_a_missing_environment_is_an_error(self, project: Any, ring: Any) -> None:
        with pytest.raises(ValueError, match="there is no environment 'prod'"):
            project.provider(ring())

    def test_the_names_of_entry_points_are_there(self) -> None:
        for name in ("GPGSecretProvider", "AgeSecretProvider", "AgeDiffableSecretProvider"):
            assert issubclass(getattr(batou.secrets, name), SecretProvider)


class TestReading:
    def test_the_blob_has_overrides_host_data_files_and_places(
        self, project: Any, keys: Any, ring: Any, config: Any
    ) -> None:
        project.environment()
        key = keys.ssh()
        text = config(key, body=BODY)
        project.secrets(text, ring(key), foo_yaml=b"a: b\nline two\n", bin=b"\xff\x00")

        blob = project.provider(ring(key)).read()

        assert blob.component_overrides == {"app": {"password": "geheim 123"}}
        assert blob.host_data == {"web1": {"token": "t0ken"}}
        assert blob.secret_files == {"foo.yaml": "a: b\nline two\n", "bin": b"\xff\x00"}
        assert blob.secret_data == {"geheim", "123", "a: b", "line two"}
        place = "environments/prod/secrets.cfg.age:7"
        assert blob.locations["app", "password"] == place
        assert text.splitlines()[6] == "password = geheim 123"

    @pytest.mark.needs("gpg")
    def test_gpg_secrets_are_read(self, project: Any, ring: Any, config: Any, gnupg: Path) -> None:
        project.environment()
        project.secrets(config("alice@example.com", kind="gpg", body=BODY), ring(), f=b"text")

        blob = project.provider(ring()).read()

        assert blob.component_overrides == {"app": {"password": "geheim 123"}}
        assert blob.secret_files == {"f": "text"}

    @pytest.mark.needs("age")
    @pytest.mark.parametrize("kind", ["age", "age-diffable"])
    def test_a_project_that_the_age_command_encrypted_is_read(
        self, project: Any, keys: Any, ring: Any, config: Any, kind: str
    ) -> None:
        directory = project.environment()
        key = keys.ssh("rsa")

        def encrypted(text: str) -> Any:
            command = ["age", "-e", "-r", key.public]
            return subprocess.run(
                command, input=text.encode(), capture_output=True, check=True
            ).stdout

        import base64

        if kind == "age":
            content = encrypted(config(key, body=BODY))
        else:
            value = base64.b64encode(encrypted("geheim 123")).decode()
            content = f"{config(key, kind=kind)}[component:app]\npassword = {value}\n".encode()
        (directory / f"secrets.cfg.{kind}").write_bytes(content)
        (directory / "secret-foo.yaml.age").write_bytes(encrypted("a: b"))

        blob = project.provider(ring(key)).read()

        assert blob.component_overrides == {"app": {"password": "geheim 123"}}
        assert blob.secret_files == {"foo.yaml": "a: b"}

    def test_what_somebody_edits_cannot_be_read(
        self, project: Any, keys: Any, ring: Any, config: Any
    ) -> None:
        directory = project.environment()
        project.secrets(config(keys.ssh()), ring(keys.ssh()))

        with locked(directory / "secrets.cfg.age", exclusive=True):
            with pytest.raises(FileLockedError):
                project.provider(ring(keys.ssh())).read()

    def test_an_empty_file_of_an_interrupted_editor_is_told(self, project: Any, ring: Any) -> None:
        (project.environment() / "secrets.cfg.age").write_text("")

        with pytest.raises(SecretsError, match="an editor was interrupted"):
            project.provider(ring()).read()

    def test_a_key_in_both_spellings_of_a_section_is_an_error(
        self, project: Any, keys: Any, ring: Any, config: Any
    ) -> None:
        project.environment()
        body = "[app]\npassword = 1\n[component:app]\npassword = 2\n"
        project.secrets(config(keys.ssh(), body=body), ring(keys.ssh()))

        with pytest.raises(DuplicateSecretsComponentAttribute):
            project.provider(ring(keys.ssh())).read()

    def test_many_diffable_values_open_in_a_moment(
        self, project: Any, keys: Any, ring: Any, config: Any
    ) -> None:
        project.environment()
        body = "[app]\n" + "".join(f"key{i} = value{i}\n" for i in range(300))
        text = config(keys.locked(), kind="age-diffable", body=body)
        project.secrets(text, ring(keys.locked()))
        asked = []

        def ask(prompt: Any) -> Any:
            asked.append(prompt)
            return keys.passphrase

        blob = project.provider(ring(keys.locked(), ask=ask)).read()

        assert blob.component_overrides["app"]["key299"] == "value299"
        assert len(asked) == 1


class TestInAnEnvironment:
    @pytest.fixture
    def loaded(
        self, project: Any, keys: Any, ring: Any, config: Any, monkeypatch: pytest.MonkeyPatch
    ) -> Any:
        """Loads an environment whose secrets have a body."""

        def load(body: str, cfg: Any = "[hosts]\nweb1 = app\n", **files: Any) -> Any:
            project.environment(text=cfg)
            project.component("app", "Password = None\npassword = None\nuser = None")
            project.secrets(config(keys.ssh(), body=body), ring(keys.ssh()), **files)
            monkeypatch.setenv("BATOU_AGE_IDENTITIES", str(keys.ssh().path))
            environment = Environment("prod", basedir=project.directory)
            environment.load()
            environment.load_secrets()
            return environment

        return load

    def test_secrets_become_overrides_host_data_and_files(self, loaded: Any) -> None:
        environment = loaded(BODY, f=b"text")

        assert environment.exceptions == []
        assert environment.overrides == {"app": {"password": "geheim 123"}}
        assert environment.hosts["web1"].data["token"] == "t0ken"
        assert environment.secret_files == {"f": "text"}
        assert environment.secret_data >= {"geheim", "123", "text"}

    def test_the_exact_case_of_an_attribute_wins(self, loaded: Any) -> None:
        environment = loaded("[app]\nPassword = 1\nUser = 2\n")

        assert environment.overrides == {"app": {"Password": "1", "user": "2"}}

    def test_what_does_not_fit_is_collected(self, loaded: Any) -> None:
        environment = loaded(
            "[app]\nuser = 1\n[nothing]\na = 1\n[host:nowhere]\nb = 1\n",
            "[hosts]\nweb1 = app\n[component:app]\nuser = 2\n",
        )

        kinds = {type(error) for error in environment.exceptions}
        assert kinds == {DuplicateOverride, SuperfluousSecretsSection, UnknownHostSecretsSection}


def test_a_syntax_error_in_the_secrets_names_the_line(project: Any, keys: Any, ring: Any) -> None:
    from batou.secrets import age

    directory = project.environment()
    content = age.encrypt(b"[batou]\nhunter2\n", [keys.ssh().public])
    (directory / "secrets.cfg.age").write_bytes(content)

    with pytest.raises(InvalidFile) as caught:
        project.provider(ring(keys.ssh())).read()

    assert str(caught.value.location) == "environments/prod/secrets.cfg.age:2"
    assert "hunter2" not in str(caught.value)
