from batou import UpdateNeeded
from batou.component import Component


class App(Component):

    def verify(self):
        raise UpdateNeeded("never built")

    def update(self):
        self.cmd(r"printf 'Gr\374\337e\n\033[31mred\033[0m\000\n' >&2; false")
