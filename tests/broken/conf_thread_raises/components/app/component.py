import threading

from batou.component import Component


class App(Component):

    def configure(self):
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
