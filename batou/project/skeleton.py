"""What a new project consists of, besides the launcher."""

import json

REQUIREMENTS = """\
# Python packages that components import, one a line; `./batou` locks and installs them.
"""

COMPONENT = '''\
from batou.component import Attribute, Component
from batou.lib.file import File


class Hello(Component):
    """Greets from a file below work/hello/, made from the template beside this one."""

    greeting = Attribute(str, "Hello")

    def configure(self):
        self += File("hello.txt")
'''

TEMPLATE = """\
{{component.greeting}} from {{host.name}}!
"""

ENVIRONMENT = """\
[environment]
connect_method = local

[hosts]
localhost = hello

[component:hello]
greeting = Good morning
"""

IGNORED = """\
/.appenv/
/.batou/
/.batou-lock
/work/
__pycache__/
"""

README = """\
# {name}

What batou deploys.

    ./batou plan local      # what would change
    ./batou deploy local    # change it

Components stand in `components/`, what differs between environments in `environments/`.
"""


def skeleton(name: str, form: int) -> dict[str, str]:
    """The files of a project called *name*, of the form (migration) *form*: {path: text}."""
    return {
        "requirements.txt": REQUIREMENTS,
        "components/hello/component.py": COMPONENT,
        "components/hello/hello.txt": TEMPLATE,
        "environments/local/environment.cfg": ENVIRONMENT,
        ".gitignore": IGNORED,
        ".batou.json": json.dumps({"migration": {"version": form}}) + "\n",
        "README.md": README.format(name=name),
    }
