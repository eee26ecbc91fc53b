import dataclasses

import pytest

from batou.environment.overrides import semantic_values
from batou.secrets import SecretBlob, secret_values


def values_of(text: str) -> set[str]:
    return secret_values(SecretBlob({"app": {"key": text}}))


def test_a_blob_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        SecretBlob().secret_files = {}  # type: ignore[misc]  # that is the point


def test_overrides_host_data_and_files_are_secret() -> None:
    blob = SecretBlob(
        {"app": {"a": "from-override"}}, {"web1": {"b": "from-host"}}, {"c": "in file"}
    )

    assert secret_values(blob) >= {"from-override", "from-host", "in file"}


def test_each_line_of_a_value_is_secret() -> None:
    assert {"first line", "second", "first line\nsecond"} <= values_of("first line\nsecond")


@pytest.mark.parametrize(
    "text, secret",
    [
        ("password=hunter2", "hunter2"),
        ("password: hunter2", "hunter2"),
        ("PASSWORD='hunter2'", "hunter2"),
        ('{"password": "hunter2"}', "hunter2"),
        ("host=db user=app password=hunter2", "hunter2"),
        ("machine x login app password hunter2", "hunter2"),
        ("psql://app:hunter2@db/x", "hunter2"),
    ],
)
def test_what_a_key_is_set_to_is_secret_by_itself(text: str, secret: str) -> None:
    assert secret in {value.strip('}"') for value in values_of(text)}


@pytest.mark.parametrize("common", ["-", "yes", "true", "None", "----", "=", "password:"])
def test_what_occurs_everywhere_is_not_secret(common: str) -> None:
    assert common not in values_of(f"some {common} text")
    assert common not in values_of(f"one\n{common}\n")


def test_the_frame_of_a_pem_file_is_not_secret_but_its_lines_are() -> None:
    found = values_of("-----BEGIN KEY-----\nMIIEvQIBADANBgkq\n-----END KEY-----")

    assert "MIIEvQIBADANBgkq" in found
    assert found.isdisjoint({"-----BEGIN KEY-----", "KEY-----", "-----BEGIN"})


def test_binary_files_have_no_words() -> None:
    assert secret_values(SecretBlob(secret_files={"x": b"\xff\xfe word"})) == set()


def test_semantic_values_are_words_of_overrides_and_lines_of_files() -> None:
    found = semantic_values({"app": {"a": "x yy"}}, {"f": "one line\nb", "bin": b"\xff"})

    assert found == {"x", "yy", "one line", "b"}
