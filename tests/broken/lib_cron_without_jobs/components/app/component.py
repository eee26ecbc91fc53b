from batou.component import Component
from batou.lib.cron import CronTab


class App(Component):

    def configure(self):
        self += CronTab()
