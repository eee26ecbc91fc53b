from batou import UpdateNeeded
from batou.component import Component, handle_event


class Changing(Component):

    def verify(self):
        raise UpdateNeeded("changed")


class App(Component):

    def configure(self):
        self += Changing()

    @handle_event("before-update", "*")
    def stop(self, source):
        raise RuntimeError(f"cannot stop before {source._breadcrumb}")
