from batou.component import Component
import psycopg9


class Db(Component):
    pass
