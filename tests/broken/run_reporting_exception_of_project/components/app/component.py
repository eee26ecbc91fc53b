import batou
from batou.component import Component


class NoLicense(batou.ReportingException):
    def __init__(self, product):
        self.product = product

    def report(self):
        batou.output.error(f"There is no license for {self.product}")
        batou.output.tabular("Product", self.product)


class App(Component):

    def verify(self):
        raise NoLicense("app")
