"""The source that an environment's ``update_method`` names."""

import os

from batou.bundle.cache import Cache
from batou.bundle.errors import NoRepository, NotARepository, OutsideRepository
from batou.bundle.gitrepository import GitRepository
from batou.bundle.mercurial import HgRepository
from batou.bundle.revision import Repository, revision_source
from batou.bundle.source import Source, project_files
from batou.environment import Environment
from batou.report import output


def open_source(environment: Environment, is_dirty_allowed: bool, cache: Cache) -> Source:
    """The files of the project that hosts get.

    Raises DeploymentError if a check of the repository fails.
    """
    method = environment.update_method or "rsync"
    output.step("main", "Verifying repository ...", icon="🔍")
    if method in ("rsync", "rsync-ext"):
        output.line(
            f"{method} ships the working tree as it is, with what is not committed", yellow=True
        )
        return working_tree(environment.base_dir, environment.repository_root or ".")
    if is_dirty_allowed:
        output.warn(
            f"--dirty: not checked what is committed and pushed; {method} ships what is committed"
        )
    repository = find_repository(environment, method)
    source = revision_source(
        repository, environment.base_dir, environment.branch, is_dirty_allowed, cache
    )
    output.line(f"Revision {source.revision}")
    return source


def working_tree(base_dir: str, repository_root: str) -> Source:
    """The working tree below *repository_root*, which is relative to *base_dir*."""
    root = os.path.realpath(os.path.join(base_dir, repository_root))
    base = os.path.relpath(os.path.realpath(base_dir), root)
    if base.split(os.sep)[0] == "..":
        raise OutsideRepository(base_dir, root)
    return Source(root, base, tuple(project_files(root, base)))


def find_repository(environment: Environment, method: str) -> Repository:
    """The repository around the deployment; raises NoRepository."""
    directory = environment.base_dir
    program, _, transfer = method.partition("-")
    try:
        if program == "git":
            return GitRepository.around(directory)
        upstream = environment.repository_url if transfer == "pull" else None
        return HgRepository.around(directory, upstream)
    except NotARepository as error:
        raise NoRepository(method, directory, error.answer) from None
    except FileNotFoundError:
        raise NoRepository(method, directory, f"{program}: command not found") from None
