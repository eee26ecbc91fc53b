import json

from batou.component import Attribute, Component
from batou.lib.container import Container, Image, NoContainer


class Web(Component):
    """A container, as the test wants it."""

    name = Attribute(str)
    image = Attribute(str)
    archive = Attribute(str, default="")
    greeting = Attribute(str, default="hello")
    command = Attribute(json.loads, default=())
    options = Attribute(json.loads, default=())
    absent = Attribute("literal", default=False)

    def configure(self):
        if self.absent:
            self += NoContainer(self.name, engine="docker", stop_timeout=2)
            return
        image = Image(self.image, archive=self.archive or None, engine="docker")
        self += image
        self += Container(
            self.name,
            image=image,
            command=self.command,
            env={"GREETING": self.greeting},
            volumes=["./data:/data"],
            network="none",
            options=self.options,
            dependencies=[],
            engine="docker",
            restart="on-failure:5",
            settle=0.5,
            stop_timeout=5,
        )
