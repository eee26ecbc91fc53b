from batou import UpdateNeeded
from batou.component import Component, handle_event


class App(Component):

    def verify(self):
        raise UpdateNeeded("changed")

    @handle_event("before-update", "children")
    def stop(self, source):
        pass
