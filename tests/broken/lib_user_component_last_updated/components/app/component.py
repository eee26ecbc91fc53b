from batou.component import Component


class Other(Component):
    pass


class App(Component):

    def configure(self):
        self.other = Other()
        self += self.other

    def verify(self):
        self.assert_component_is_current(self.other)
