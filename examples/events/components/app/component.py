from batou.component import Component, handle_event
from batou.lib.file import File


class Program(Component):
    """Something that must not run while what it consists of is changed."""

    is_stopped = False

    @handle_event("before-update", "precursor")
    def stop(self, source):
        if not self.is_stopped:
            self.log("stopping, because %s changes", source.namevar_for_breadcrumb)
            self.is_stopped = True

    def verify(self):
        self.parent.assert_no_changes()

    def update(self):
        self.log("starting")


class App(Component):
    def configure(self):
        self += File("code.py", content="print('version 1')\n")
        self += File("app.conf", content="debug = off\n")
        self += Program()
