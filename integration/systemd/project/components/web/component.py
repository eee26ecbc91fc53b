from batou.component import Attribute, Component
from batou.lib.file import File
from batou.lib.systemd import DropIn, Enabled, Running, Service, Timer

SERVE = "/usr/bin/python3 -m http.server --bind 127.0.0.1 8080"
CRASH = "/bin/sh -c 'echo \"port is taken by $OWNER\"; exit 3'"


class Web(Component):
    """A page that is served, a job that tidies up, and a unit of somebody else."""

    text = Attribute(str, default="hello")
    crash = Attribute("literal", default=False)

    def configure(self):
        self += File("index.html", content=f"{self.text}\n")
        self += Service(
            "web",
            command=CRASH if self.crash else SERVE,
            run_as="app",
            directory=self.workdir,
            env={"OWNER": "the tests"},
            secret_env={"KEY": 'it\'s "secret" $HOME'},
            options={"PrivateTmp": True},
        )
        self += Timer("tidy", command="/usr/bin/touch tidied", calendar="hourly")


class Proxy(Component):
    """The unit of a package gets a setting more."""

    def configure(self):
        self += DropIn("vendor.service", content="[Service]\nEnvironment=MORE=yes\n")
        self += Enabled("vendor.service")
        self += Running("vendor.service", on_change="reload")
