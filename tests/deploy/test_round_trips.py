"""What goes to a host on which nothing changes: counted on its way into ssh."""

import struct

import pytest

pytestmark = pytest.mark.needs("/usr/sbin/sshd", "ssh", "ssh-keygen", "tee")

DATA = 4
"""execnet's code for a message on a channel."""


def sent_to(programs, name):
    return (programs.directory / name).read_bytes()


def messages(sent):
    """The codes of execnet's messages, after what the interpreter reads at first."""
    position = 8 + int(sent[:8])
    while position < len(sent):
        code, _, size = struct.unpack("!bii", sent[position : position + 9])
        yield code
        position += 9 + size


@pytest.mark.parametrize("roots", [1, 20])
def test_nothing_changed_costs_few_messages_and_bytes(project, server, programs, target, roots):
    names = [f"part{number}" for number in range(roots)]
    for name in names:
        project.component(
            name,
            f"class {name.title()}(Component):\n    def configure(self):\n"
            "        self += File('a', content='x')\n",
        )
    for number in range(200):
        project.write(f"data/file{number}", str(number))
    project.write("ssh_config", server.config("one"))
    project.remote_environment(target, f"one = {', '.join(names)}")
    project.run("deploy", "prod")
    programs.write("ssh", f'tee {programs.directory}/sent | /usr/bin/ssh "$@"')

    printed = project.run("deploy", "prod", env=programs.env)

    sent = sent_to(programs, "sent")
    assert f"{roots} unchanged" in printed
    assert list(messages(sent)).count(DATA) == 4  # ship, start, configure, deploy
    assert len(sent) <= 20 * 1024
