"""Containers and their images, with docker or podman."""

from batou.lib.container.container import Container as Container
from batou.lib.container.container import NoContainer as NoContainer
from batou.lib.container.errors import ContainerFailed as ContainerFailed
from batou.lib.container.errors import NoEngine as NoEngine
from batou.lib.container.image import Image as Image
