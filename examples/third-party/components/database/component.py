import sqlalchemy

from batou import UpdateNeeded
from batou.component import Attribute, Component


class Database(Component):
    """Tables in an SQLite file."""

    filename = Attribute(str, default="app.sqlite", map=True)

    def configure(self):
        self.model = sqlalchemy.MetaData()
        sqlalchemy.Table(
            "customers",
            self.model,
            sqlalchemy.Column("id", sqlalchemy.Integer, primary_key=True),
            sqlalchemy.Column("name", sqlalchemy.String(80)),
        )

    def __enter__(self):
        self.engine = sqlalchemy.create_engine(f"sqlite:///{self.map(self.filename)}")

    def __exit__(self, *exception):
        self.engine.dispose()

    def verify(self, predicting=False):
        if predicting:
            self.assert_file_is_current(self.filename)
        existing = sqlalchemy.inspect(self.engine).get_table_names()
        missing = sorted(set(self.model.tables) - set(existing))
        if missing:
            raise UpdateNeeded(f"missing tables: {', '.join(missing)}")

    def update(self):
        self.model.create_all(self.engine)
