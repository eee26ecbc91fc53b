"""What components use all the time: cmd, map, touch, chdir, log, checksum, provide, require."""

import hashlib
import os
import subprocess

import pytest

from batou.component import Component, HookComponent
from batou.errors import CmdExecutionError, SilentConfigurationError, TemplatingError
from batou.process import CmdTimeout


class TestCmd:
    def test_it_returns_what_was_printed(self, root):
        assert root.component.cmd("echo out; echo err >&2") == ("out\n", "err\n")

    def test_templates_are_expanded(self, root):
        assert root.component.cmd("echo {{component.host.name}}")[0] == "localhost\n"

    def test_templates_are_left_alone_on_demand(self, root):
        assert root.component.cmd("echo '{{.X}}'", expand=False)[0] == "{{.X}}\n"

    def test_a_list_is_run_as_it_is_each_word_a_template(self, root):
        command = ["echo", "it's", "{{host.name}}", "a b", "$x"]

        assert root.component.cmd(command)[0] == "it's localhost a b $x\n"
        assert root.component.cmd(["echo", "{{x}}"], expand=False)[0] == "{{x}}\n"

    def test_failure_is_an_error(self, root):
        with pytest.raises(CmdExecutionError) as caught:
            root.component.cmd("no-such-command-here")

        assert (caught.value.cmd, caught.value.returncode) == ("no-such-command-here", 127)

    def test_failure_can_be_ignored(self, root):
        assert root.component.cmd("echo x; exit 1", ignore_returncode=True) == ("x\n", "")

    def test_reading_from_nowhere_does_not_hang(self, root):
        assert root.component.cmd("cat") == ("", "")

    def test_input_and_environment_can_be_given(self, root):
        assert root.component.cmd("cat; echo $A", env={"A": "1"}, input="hello ")[0] == "hello 1\n"

    def test_the_process_can_be_had_at_once(self, root):
        process = root.component.cmd("cat", communicate=False)

        assert isinstance(process, subprocess.Popen)
        assert process.communicate(input=b"x") == (b"x", b"")

    def test_a_command_can_be_stopped(self, root):
        with pytest.raises(CmdTimeout):
            root.component.cmd("exec sleep 60", timeout=0.2)

    def test_silent_is_accepted(self, root):
        assert root.component.cmd("echo x", silent=True, expand=True)[0] == "x\n"


class TestMap:
    @pytest.mark.parametrize(
        "path, below",
        [("x", "x"), ("a/../b", "b"), ("./x/", "x"), ("", ""), (".", ""), ("*.conf", "*.conf")],
    )
    def test_relative_paths_lie_in_the_work_directory(self, root, path, below):
        assert root.component.map(path) == os.path.join(root.workdir, below).rstrip("/")

    def test_absolute_paths_stay(self, root):
        assert root.component.map("/etc/x") == "/etc/x"

    def test_a_tilde_is_expanded(self, root):
        assert root.component.map("~/x") == os.path.expanduser("~/x")

    def test_path_objects_become_text(self, root, tmp_path):
        assert root.component.map(tmp_path / "x") == str(tmp_path / "x")

    def test_a_sandbox_maps_absolute_paths_only(self, root):
        from batou.vfs import Map

        root.environment.vfs_sandbox = Map(root.environment, {"/etc": "/sandbox"})

        assert root.component.map("/etc/x") == "/sandbox/x"
        assert root.component.map("etc/x") == root.workdir + "/etc/x"


class TestTouch:
    def test_a_missing_file_is_made(self, root):
        os.chdir(root.workdir)
        root.component.touch("x")

        assert os.path.getsize("x") == 0

    def test_of_an_existing_file_only_the_time_changes(self, root, tmp_path):
        path = tmp_path / "x"
        path.write_text("content")
        os.utime(path, (1, 1))
        root.component.touch(path)

        assert path.read_text() == "content"
        assert path.stat().st_mtime > 1


class TestChdir:
    def test_the_directory_is_changed_inside_the_block(self, root, tmp_path):
        (tmp_path / "a" / "b").mkdir(parents=True)
        before = os.getcwd()
        with root.component.chdir(tmp_path / "a"):
            with root.component.chdir("b"):
                assert os.getcwd() == f"{before}/a/b"
            assert os.getcwd() == f"{before}/a"
        assert os.getcwd() == before

    def test_it_is_restored_after_a_failure(self, root):
        before = os.getcwd()
        with pytest.raises(KeyError), root.component.chdir("/"):
            raise KeyError
        assert os.getcwd() == before


class TestLog:
    def test_while_configuring_messages_are_kept(self, make_root, output):
        class Logging(Component):
            def configure(self):
                self.log("hello %s", "world")
                self.log("100% done")

        root = make_root(Logging)
        root.prepare()
        assert len(root._logs) == 2
        assert output.backend.output == ""

        root.log_finish_configure()
        assert output.backend.output == "hello world\n100% done\n"
        assert root._logs is None

    def test_later_they_appear_at_once_with_their_host(self, root, output):
        root.environment.host_domain = "example.net"
        root.log_finish_configure()
        root.component.log("%d of %d", 1, 2)
        root.component.log("100% done")

        assert output.backend.output == (
            "localhost.example.net: 1 of 2\nlocalhost.example.net: 100% done\n"
        )

    def test_only_the_logs_of_the_last_configuring_are_kept(self, make_root, output):
        class Logging(Component):
            def configure(self):
                self.log("hello")

        root = make_root(Logging)
        root.prepare()
        root.prepare()
        root.log_finish_configure()
        root.log_finish_configure()

        assert output.backend.output == "hello\n"


class TestChecksum:
    def test_it_begins_with_that_of_nothing(self, root):
        assert root.component.checksum() == hashlib.sha256().hexdigest()

    def test_it_depends_on_everything_fed_in_its_order(self):
        first, second = Component(), Component()
        first.checksum(b"a")
        second.checksum(b"b")

        assert first.checksum(b"b") == hashlib.sha256(b"ab").hexdigest()
        assert second.checksum(b"a") == hashlib.sha256(b"ba").hexdigest()
        assert first.checksum() == first.checksum() != second.checksum()

    def test_text_is_no_bytes(self):
        with pytest.raises(TypeError):
            Component().checksum("text")

    def test_the_name_may_be_taken(self):
        class Download(Component):
            checksum = ""

        component = Download(checksum="md5:x")
        component.other = Component()
        component.other.checksum = hashlib.sha256()

        assert component.checksum == "md5:x"
        assert component.other.checksum.hexdigest()


class TestResources:
    def test_what_is_provided_can_be_required(self, root):
        root.component.provide("key", 1)
        root.component.provide("key", 2)

        assert root.component.require("key") == [1, 2]
        assert root.component.require("key", host=root.host) == [1, 2]
        assert root.component.require("nothing", strict=False) == []

    def test_the_root_is_the_provider(self, root):
        root.component += Component()
        root.component._.provide("key", "value")

        assert root.environment.resources.resources == {"key": {root: ["value"]}}

    def test_one_value_can_be_required(self, root):
        root.component.provide("key", "value")

        assert root.component.require_one("key") == "value"

    def test_no_value_ends_configuring_for_now(self, root):
        with pytest.raises(SilentConfigurationError):
            root.component.require_one("key")
        assert root.environment.resources.unsatisfied() == [("key", None, [root])]

    def test_no_value_is_none_if_it_need_not_be_there(self, root):
        assert root.component.require_one("key", strict=False) is None

    def test_several_values_are_an_error(self, root):
        root.component.provide("key", 1)
        root.component.provide("key", 2)

        with pytest.raises(KeyError, match="'key' is wanted once, but provided 2 times"):
            root.component.require_one("key")
        with pytest.raises(KeyError, match="provided 2 times on host 'localhost'"):
            root.component.require_one("key", host=root.host)

    def test_flags_are_remembered(self, root):
        root.component.require("key", root.host, strict=False, reverse=True, dirty=True)

        [entry] = root.environment.resources.subscribers["key"]
        assert (entry.root, entry.host) == (root, root.host)
        assert (entry.strict, entry.reverse, entry.dirty) == (False, True, True)

    def test_a_hook_provides_itself(self, root):
        class Job(HookComponent):
            key = "job"

        root.component += Job()

        assert root.component.require("job") == [root.component._]


class TestExpand:
    def test_templates_see_component_host_environment_and_header(self, root):
        text = root.component.expand(
            "{{component.workdir}} {{host.fqdn}} {{environment.name}} {{batou_generated_header}}"
        )

        workdir, host, environment, header = text.split(" ", 3)
        assert (workdir, host, environment) == (root.workdir, "localhost", "test")
        assert "batou" in header
        assert "MyComponent" in header
        assert "\n" not in header

    def test_keywords_are_further_variables_and_win(self, root):
        assert root.component.expand("{{a}} {{host}}", a=1, host="other") == "1 other"

    def test_another_component_may_be_meant(self, root):
        other = Component()
        other.port = 80
        root.component += other

        assert root.component.expand("{{component.port}}", component=other) == "80"

    def test_the_header_is_there_for_included_files_too(self, root, tmp_path):
        (tmp_path / "part").write_text("# {{batou_generated_header}}")

        assert "MyComponent" in root.component.expand("{% include 'part' %}")

    def test_an_error_names_the_component(self, root):
        with pytest.raises(TemplatingError) as caught:
            root.component.expand("{{missing}}")

        assert caught.value.template_identifier == "MyComponent"

    def test_a_component_without_templates_needs_no_tree(self):
        assert Component().expand("plain") == "plain"

    def test_a_file_can_be_rendered(self, root, tmp_path):
        (tmp_path / "x.cfg").write_text("{{component.host.name}}\n")
        os.chdir(tmp_path)

        assert root.component.template("x.cfg") == "localhost\n\n"
        assert root.component.template(tmp_path / "x.cfg") == "localhost\n\n"

    def test_a_file_can_be_rendered_for_another_component(self, root, tmp_path):
        (tmp_path / "x.cfg").write_text("{{component.port}}")
        other = Component()
        other.port = 80
        root.component += other

        assert root.component.template(tmp_path / "x.cfg", component=other) == "80\n"
