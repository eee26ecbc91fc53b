from batou.component import Component


class App(Component):
    features = ("web", "cron")
