"""The workflow that tests a project's environments in CI, on GitHub or GitLab."""

from collections.abc import Sequence
from dataclasses import dataclass

SYSTEMS = ("github", "gitlab")
"""What `batou init --ci` knows."""

FILES = {"github": ".github/workflows/batou.yml", "gitlab": ".gitlab-ci.yml"}
"""Where each looks for its workflow."""

CHECKOUT = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2"
CACHE = "actions/cache@5a3ec84eff668545956fd18022155c47e93e2684 # v4.2.3"
UPLOAD = "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2"


@dataclass(frozen=True)
class Job:
    """A test of an environment on one platform; on that of each host if *platform* is empty."""

    environment: str
    platform: str = ""

    @property
    def name(self) -> str:
        """What people read."""
        return f"{self.environment} on {self.platform}" if self.platform else self.environment

    @property
    def options(self) -> str:
        """For ``batou test``."""
        return f"{self.environment} --platform {self.platform}".removesuffix(" --platform ")


GITHUB = """\
# Tests every environment in containers, on each platform that its hosts have.
# Written by `batou init --ci github`; write it again when platforms come or go.
name: batou

on:
  push:
  pull_request:

permissions:
  contents: read

concurrency:
  group: ${{{{ github.workflow }}}}-${{{{ github.ref }}}}
  cancel-in-progress: true

jobs:
  test:
    name: ${{{{ matrix.name }}}}
    runs-on: ubuntu-24.04
    timeout-minutes: 30
    strategy:
      fail-fast: false
      matrix:
        include:
{matrix}
    steps:
      - uses: {checkout}
      - uses: {cache}
        with:
          path: |
            .batou/environments
            .batou/cache
          key: batou-${{{{ hashFiles('requirements.lock') }}}}
      - name: Images of before
        id: images
        uses: {cache}
        with:
          path: images.tar
          key: >-
            images-${{{{ matrix.name }}}}-${{{{ hashFiles('requirements.lock', 'containers/**') }}}}
      - if: steps.images.outputs.cache-hit == 'true'
        run: docker load --input images.tar
      # Secrets are made up: CI needs no key. Drop --fake-secrets to use real ones.
      - run: ./batou test ${{{{ matrix.options }}}} --fake-secrets --junit report.xml
      - if: success() && steps.images.outputs.cache-hit != 'true'
        run: >-
          docker save --output images.tar
          $(docker images 'batou/*' --format '{{{{.Repository}}}}:{{{{.Tag}}}}')
      - if: always()
        uses: {upload}
        with:
          name: report ${{{{ matrix.name }}}}
          path: report.xml
          if-no-files-found: ignore
"""

GITLAB = """\
# Tests every environment in containers, on each platform that its hosts have.
# Written by `batou init --ci gitlab`; write it again when platforms come or go.
stages: [test]

batou:
  stage: test
  image: debian:12
  services:
    - docker:27-dind
  variables:
    DOCKER_HOST: tcp://docker:2375
    DOCKER_TLS_CERTDIR: ""
    PIP_CACHE_DIR: $CI_PROJECT_DIR/.batou/pip
  parallel:
    matrix:
{matrix}
  cache:
    key:
      files: [requirements.lock]
    paths: [.batou/environments, .batou/cache, .batou/pip]
  before_script:
    - apt-get update -q
    - apt-get install -qy --no-install-recommends ca-certificates docker.io git python3-venv
  script:
    # Secrets are made up: CI needs no key. Drop --fake-secrets to use real ones.
    - ./batou test $OPTIONS --fake-secrets --junit report.xml
  artifacts:
    when: always
    reports:
      junit: report.xml
"""


def workflow(system: str, jobs: Sequence[Job]) -> str:
    """The workflow of *system* for *jobs*; raises KeyError for a system that is not known.

    >>> "./batou test $OPTIONS" in workflow("gitlab", [Job("dev", "ubuntu")])
    True
    """
    write = {"github": _github, "gitlab": _gitlab}[system]
    return write(jobs)


def _github(jobs: Sequence[Job]) -> str:
    lines = [
        line
        for job in jobs
        for line in (f"          - name: {job.name}", f"            options: {job.options}")
    ]
    return GITHUB.format(matrix="\n".join(lines), checkout=CHECKOUT, cache=CACHE, upload=UPLOAD)


def _gitlab(jobs: Sequence[Job]) -> str:
    return GITLAB.format(matrix="\n".join(f"      - OPTIONS: {job.options}" for job in jobs))
