from batou import UpdateNeeded
from batou.component import Component


class App(Component):

    async def verify(self):
        raise UpdateNeeded
