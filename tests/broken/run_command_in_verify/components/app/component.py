from batou.component import Component


class App(Component):

    def verify(self):
        self.cmd("echo 'cannot connect to the server' >&2; exit 7")
