"""Questions for verify: who is newer, who changed."""

import os
from pathlib import Path

import pytest

from batou import UpdateNeeded
from batou.component import Component


class Dated(Component):
    namevar = "date"

    def last_updated(self, **kw):
        self.asked = kw
        return self.date or None


@pytest.fixture
def here(root):
    """The work directory, being the current one."""
    os.chdir(root.workdir)
    return Path(root.workdir)


def touch(path, date):
    path.touch()
    os.utime(path, (date, date))


class TestFiles:
    def test_a_missing_file_is_not_current(self, root, here):
        with pytest.raises(UpdateNeeded, match="'x' is missing"):
            root.component.assert_file_is_current("x")

    def test_an_existing_file_without_requirements_is_current(self, root, here):
        touch(here / "x", 1)

        root.component.assert_file_is_current("x")

    @pytest.mark.parametrize("date, is_current", [(99, False), (100, True), (101, True)])
    def test_a_file_must_not_be_older_than_a_requirement(self, root, here, date, is_current):
        touch(here / "x", date)
        touch(here / "old", 1)
        touch(here / "required", 100)

        if is_current:
            root.component.assert_file_is_current("x", ["old", "required"])
        else:
            with pytest.raises(UpdateNeeded, match="'x' is older than 'required'"):
                root.component.assert_file_is_current("x", requirements=["old", "required"])

    def test_missing_requirements_are_ignored(self, root, here):
        touch(here / "x", 1)

        root.component.assert_file_is_current("x", ["missing", "x/missing"])

    def test_a_single_requirement_needs_no_list(self, root, here):
        touch(here / "x", 1)
        touch(here / "required", 2)

        for required in ("required", here / "required"):
            with pytest.raises(UpdateNeeded):
                root.component.assert_file_is_current("x", required)

    def test_directories_have_a_date_too(self, root, here):
        (here / "x").mkdir()
        touch(here / "x", 1)
        touch(here / "required", 2)

        with pytest.raises(UpdateNeeded):
            root.component.assert_file_is_current("x", ["required"])

    def test_paths_are_relative_to_the_work_directory(self, root, here):
        touch(here / "x", 1)
        os.chdir("/")

        root.component.assert_file_is_current("x")
        root.component.assert_file_is_current(here / "x")

    def test_another_date_can_be_chosen(self, root, here):
        touch(here / "x", 1)
        (here / "required").write_text("longer")
        touch(here / "required", 1)

        root.component.assert_file_is_current("x", ["required"])
        with pytest.raises(UpdateNeeded):
            root.component.assert_file_is_current("x", ["required"], key="st_size")

    def test_asking_does_not_change_the_tree(self, root, here):
        touch(here / "x", 1)
        root.component += Component()
        last = root.component._

        root.component.assert_file_is_current("x", ["x"])

        assert root.component._ is last


class TestComponents:
    def test_without_a_date_a_component_is_not_current(self, root):
        root.component += Dated(0)

        with pytest.raises(UpdateNeeded, match=r"Dated is missing"):
            root.component._.assert_component_is_current()

    @pytest.mark.parametrize("date, is_current", [(99, False), (100, True), (101, True)])
    def test_it_must_not_be_older_than_a_requirement(self, root, date, is_current):
        root.component += Dated(date)
        component = root.component._

        for requirements in (Dated(100), [Dated(1), Dated(100)], (Dated(100),)):
            if is_current:
                component.assert_component_is_current(requirements)
            else:
                with pytest.raises(UpdateNeeded, match=r"Dated\('99'\) is older than Dated"):
                    component.assert_component_is_current(requirements)

    def test_requirements_are_prepared_but_not_added(self, root):
        root.component += Dated(2)
        component, required = root.component._, Dated(1)
        component.assert_component_is_current(required)

        assert required._prepared
        assert component.sub_components == []

    def test_requirements_without_a_date_and_none_are_ignored(self, root):
        root.component += Dated(1)

        root.component._.assert_component_is_current([Dated(0), None])

    def test_keywords_are_passed_on(self, root):
        root.component += Dated(2)
        component, required = root.component._, Dated(1)
        component.assert_component_is_current(required, key="st_ctime")

        assert component.asked == required.asked == {"key": "st_ctime"}

    def test_a_component_must_say_how_its_date_is_found(self, root):
        with pytest.raises(NotImplementedError, match="MyComponent does not know when"):
            root.component.last_updated()


class TestChanges:
    def test_nothing_changed(self, root):
        root.component += Component()

        root.component.assert_no_changes()
        root.component.assert_no_subcomponent_changes()

    def test_a_change_of_the_component_itself(self, root):
        root.component.changed = True

        root.component.assert_no_subcomponent_changes()
        with pytest.raises(UpdateNeeded, match="MyComponent changed"):
            root.component.assert_no_changes()

    def test_a_change_of_a_direct_sub_component(self, root):
        root.component += Dated(1)
        root.component._.changed = True

        for ask in (
            root.component.assert_no_changes,
            root.component.assert_no_subcomponent_changes,
        ):
            with pytest.raises(UpdateNeeded, match=r"Dated\('1'\) changed"):
                ask()

    def test_only_direct_sub_components_count(self, root):
        root.component += Dated(1)
        root.component._ += Dated(2)
        root.component._._.changed = True

        root.component.assert_no_subcomponent_changes()


def test_a_command_that_fails_asks_for_an_update(root):
    root.component.assert_cmd("true")

    with pytest.raises(UpdateNeeded, match="command failed: false"):
        root.component.assert_cmd("false")
    with pytest.raises(UpdateNeeded):
        root.component.assert_cmd("test -e {{component.workdir}}/nope")
