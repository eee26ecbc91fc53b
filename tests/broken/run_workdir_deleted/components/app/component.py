import os
import shutil

from batou import UpdateNeeded
from batou.component import Component
from batou.lib.file import File


class App(Component):

    def configure(self):
        self += Sweep()
        self += File("app.cfg", content="x\n")


class Sweep(Component):

    def verify(self):
        raise UpdateNeeded("changed")

    def update(self):
        shutil.rmtree(self.workdir)
        with open("note", "w") as file:
            file.write("x")
