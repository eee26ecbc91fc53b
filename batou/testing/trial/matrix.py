"""Which tests of its environments a project needs in CI."""

from pathlib import Path

from batou.deploy.staging import Staging
from batou.environment import Environment
from batou.environment.environment import environment_names
from batou.project.ci import Job
from batou.testing.platforms import folders


def jobs_of(project: Path) -> list[Job]:
    """A job for each environment of *project* and each platform that its hosts have.

    An environment with a host whose platform has no image is one job, on stand-ins.
    Raises InvalidFile for an environment that cannot be read.
    """
    images = folders(project)
    found = []
    for name in environment_names(str(project)):
        platforms = platforms_of(project, name)
        if not platforms or None in platforms or not platforms <= images.keys():
            found.append(Job(name))
        else:
            found += [Job(name, platform) for platform in sorted(filter(None, platforms))]
    return found


def platforms_of(project: Path, name: str) -> set[str | None]:
    """The platforms of the hosts of an environment."""
    environment = Environment(name, basedir=project)
    Staging("docker", {}, {}).prepare(environment)
    environment.load()
    return {host.platform for host in environment.hosts.values() if not host.ignore}
