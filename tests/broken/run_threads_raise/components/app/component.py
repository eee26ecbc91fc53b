import threading

from batou import UpdateNeeded
from batou.component import Component


class App(Component):

    def verify(self):
        raise UpdateNeeded("changed")

    def update(self):
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
