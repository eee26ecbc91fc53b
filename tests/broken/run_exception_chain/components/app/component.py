from batou.component import Component


class App(Component):

    def verify(self):
        try:
            with open("settings") as file:
                file.read()
        except OSError as error:
            raise RuntimeError("app has no settings") from error
