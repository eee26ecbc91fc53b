import pytest

pytestmark = pytest.mark.usefixtures("deployed")


def test_every_host_has_the_common_file(host):
    made = host.file(f"{host.batou.workdir('test')}/base-component")
    assert made.content_string == "everywhere\n"


def test_only_the_variant_of_its_platform_ran(host):
    made = host.file(host.batou.workdir("test")).listdir()

    assert sorted(made) == ["base-component", f"i-am-{host.batou.platform}"]


@pytest.mark.platform("nixos")
def test_nixos_keeps_programs_in_its_store(host):
    assert host.file("/etc/NIXOS").exists
    assert not host.file("/usr/bin/python3").exists


@pytest.mark.platform("ubuntu")
def test_ubuntu_has_apt(host):
    assert host.exists("apt-get")


def test_a_plan_has_nothing_to_do(batou_run):
    assert batou_run("plan").changes == ()
