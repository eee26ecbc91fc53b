import errno
import os

from batou import UpdateNeeded
from batou.component import Component


class App(Component):

    def verify(self):
        raise UpdateNeeded("changed")

    def update(self):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), "/srv/app.cfg")
