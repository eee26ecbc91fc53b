from batou import UpdateNeeded
from batou.component import Component


class App(Component):

    def verify(self):
        raise UpdateNeeded("changed")

    def update(self):
        with open("/proc/sys/kernel/ostype", "w") as file:
            file.write("x")
