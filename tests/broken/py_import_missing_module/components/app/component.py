from batou.component import Component
import psycopg9


class App(Component):
    pass
