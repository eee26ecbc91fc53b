"""The workflows that `batou init --ci` writes, and batou's own."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from batou.cli.init import command
from batou.errors import ReportingException
from batou.project.ci import FILES, Job, workflow
from batou.testing.trial.matrix import jobs_of

ROOT = Path(__file__).parents[2]
SCHEMAS = {"github": "vendor.github-workflows", "gitlab": "vendor.gitlab-ci"}


def check(schema, file):
    """Check *file* with a schema that check-jsonschema brings along."""
    pytest.importorskip("check_jsonschema")
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def project(tmp_path):
    """A function that writes a project with environments, by name."""

    def make(**environments):
        (tmp_path / "components").mkdir()
        for name, text in environments.items():
            place = tmp_path / "environments" / name
            place.mkdir(parents=True)
            (place / "environment.cfg").write_text(text)
        return tmp_path

    return make


BOTH = "[host:a]\nplatform = debian\ncomponents =\n[host:b]\nplatform = ubuntu\ncomponents =\n"


def test_an_environment_is_tested_on_each_platform_of_its_hosts(project):
    place = project(prod=BOTH, dev="[environment]\nplatform = ubuntu\n[hosts]\na =\n")

    assert jobs_of(place) == [Job("dev", "ubuntu"), Job("prod", "debian"), Job("prod", "ubuntu")]


@pytest.mark.parametrize("platform", ["", "[environment]\nplatform = gentoo\n"])
def test_hosts_without_image_are_tested_on_stand_ins(project, platform):
    assert jobs_of(project(dev=platform + "[hosts]\na =\n")) == [Job("dev")]


def test_a_platform_of_the_project_counts(project):
    place = project(dev="[environment]\nplatform = gentoo\n[hosts]\na =\n")
    (place / "containers" / "gentoo").mkdir(parents=True)
    (place / "containers" / "gentoo" / "platform.toml").touch()

    assert jobs_of(place) == [Job("dev", "gentoo")]


@pytest.mark.parametrize("system", ["github", "gitlab"])
def test_a_workflow_is_what_its_system_understands(system, tmp_path):
    file = tmp_path / "workflow.yml"
    file.write_text(workflow(system, [Job("dev", "ubuntu"), Job("prod")]))

    check(SCHEMAS[system], file)
    assert "--fake-secrets --junit report.xml" in file.read_text()


def test_github_has_an_entry_for_each_job():
    parsed = yaml.safe_load(workflow("github", [Job("dev", "ubuntu"), Job("prod")]))

    assert parsed["jobs"]["test"]["strategy"]["matrix"]["include"] == [
        {"name": "dev on ubuntu", "options": "dev --platform ubuntu"},
        {"name": "prod", "options": "prod"},
    ]


def test_gitlab_has_an_entry_for_each_job():
    parsed = yaml.safe_load(workflow("gitlab", [Job("dev", "ubuntu"), Job("prod")]))

    assert parsed["batou"]["parallel"]["matrix"] == [
        {"OPTIONS": "dev --platform ubuntu"},
        {"OPTIONS": "prod"},
    ]


@pytest.mark.parametrize("system", ["github", "gitlab"])
def test_actions_and_images_are_pinned(system):
    for line in workflow(system, [Job("dev")]).splitlines():
        if "uses:" in line:
            assert len(line.partition("@")[2].split()[0]) == 40, line


def test_a_project_gets_the_workflow_and_nothing_else(project):
    place = project(prod=BOTH)

    done = CliRunner().invoke(command, [str(place), "--ci", "github"])

    assert done.exit_code == 0, done.output
    assert done.output == f"wrote {place / FILES['github']}\n"
    assert not (place / "batou").exists()


def test_a_workflow_of_the_project_stays_unless_forced(project):
    place = project(prod=BOTH)
    (place / ".gitlab-ci.yml").write_text("ours")

    done = CliRunner().invoke(command, [str(place), "--ci", "gitlab"])

    assert isinstance(done.exception, ReportingException)
    assert "--force" in str(done.exception.hint())
    assert (place / ".gitlab-ci.yml").read_text() == "ours"

    CliRunner().invoke(command, [str(place), "--ci", "gitlab", "--force"])

    assert "batou test" in (place / ".gitlab-ci.yml").read_text()


def test_a_new_project_has_both(tmp_path):
    place = tmp_path / "shop"

    done = CliRunner().invoke(command, [str(place), "--ci", "gitlab", "--no-lock"])

    assert done.exit_code == 0, done.output
    assert (place / "batou").exists()
    assert "OPTIONS: local" in (place / ".gitlab-ci.yml").read_text()


def test_the_workflow_of_batou_itself_is_valid():
    check(SCHEMAS["github"], ROOT / ".github" / "workflows" / "ci.yml")


def test_the_workflow_of_batou_runs_every_job_of_ci():
    """What `.ci/run` does is done there too, in the same words."""
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    jobs = ("lint", "types", "layers", "wheel", "docs", "bench --smoke", "integration", "nix")

    assert [job for job in jobs if f"./dev {job}" not in text] == []
