import batou
from batou import DeploymentError, UpdateNeeded, output
from batou.component import Component


class App(Component):

    def verify(self):
        raise UpdateNeeded("changed")

    def update(self):
        output.error("the database is too old")
        raise DeploymentError()
