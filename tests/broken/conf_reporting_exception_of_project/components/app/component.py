import batou
from batou.component import Component


class NoLicense(batou.ReportingException):
    def __init__(self, product):
        self.product = product

    def __str__(self):
        return f"no license for {self.product}"

    def report(self):
        batou.output.error(f"There is no license for {self.product}")


class App(Component):

    def configure(self):
        raise NoLicense("app")
