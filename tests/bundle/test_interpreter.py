"""Kinds of Pythons, and what they can load."""

from dataclasses import replace

import pytest
from packaging.tags import parse_tag

from batou.bundle.errors import StrangeFacts
from batou.bundle.interpreter import Interpreter


def kind(facts, **changes):
    return Interpreter.of({**facts, **changes})


def loads(interpreter, tag):
    return not interpreter.tags.isdisjoint(parse_tag(tag))


def test_it_is_shown_as_in_names_of_wheels(facts):
    assert str(kind(facts)) == "cp313 manylinux_2_36_aarch64"
    assert str(kind(facts, libc=["", ""])) == "cp313 musllinux_1_2_aarch64"
    assert str(kind(facts, system="Darwin", machine="arm64")) == "cp313 Darwin arm64"


@pytest.mark.parametrize(
    "tag",
    [
        "py3-none-any",
        "py2.py3-none-any",
        "cp313-none-any",
        "cp313-cp313-manylinux_2_36_aarch64",
        "cp313-cp313-manylinux_2_17_aarch64.manylinux2014_aarch64",
        "cp313-cp313-manylinux2014_aarch64",
        "cp39-abi3-manylinux_2_28_aarch64",
        "py3-none-manylinux_2_17_aarch64",
    ],
)
def test_it_loads_what_is_made_for_it(interpreter, tag):
    assert loads(interpreter, tag)


@pytest.mark.parametrize(
    "tag",
    [
        "cp312-cp312-manylinux_2_17_aarch64",
        "cp314-none-any",
        "cp313-cp313t-manylinux_2_17_aarch64",
        "cp314-abi3-manylinux_2_17_aarch64",
        "cp313-cp313-manylinux_2_37_aarch64",
        "cp313-cp313-manylinux_2_16_aarch64",
        "cp313-cp313-manylinux_2_17_x86_64",
        "cp313-cp313-musllinux_1_2_aarch64",
        "cp313-cp313-linux_aarch64",
        "cp313-cp313-macosx_11_0_arm64",
    ],
)
def test_it_does_not_load_what_is_made_for_others(interpreter, tag):
    assert not loads(interpreter, tag)


def test_on_intel_wheels_for_older_systems_are_loaded(facts):
    intel = kind(facts, machine="x86_64")

    for old in ("manylinux1", "manylinux2010", "manylinux_2_5"):
        assert loads(intel, f"cp313-cp313-{old}_x86_64")


def test_musl_loads_wheels_for_musl_only(facts):
    for libc in (["", ""], ["musl", "1.2.5"]):
        alpine = kind(facts, libc=libc)

        assert loads(alpine, "cp313-cp313-musllinux_1_2_aarch64")
        assert loads(alpine, "cp313-cp313-musllinux_1_1_aarch64")
        assert not loads(alpine, "cp313-cp313-manylinux_2_17_aarch64")


@pytest.mark.parametrize("machine, narrow", [("x86_64", "i686"), ("aarch64", "armv7l")])
def test_a_python_of_32_bits_loads_wheels_of_32_bits(facts, machine, narrow):
    small = kind(facts, machine=machine, pointer=32)

    assert loads(small, f"cp313-cp313-manylinux_2_17_{narrow}")
    assert not loads(small, f"cp313-cp313-manylinux_2_17_{machine}")


def test_a_python_without_the_lock_loads_its_own_wheels(facts):
    free = kind(facts, abiflags="t")

    assert str(free).startswith("cp313t ")
    assert loads(free, "cp313-cp313t-manylinux_2_17_aarch64")
    assert loads(free, "cp313-none-any")
    assert not loads(free, "cp313-cp313-manylinux_2_17_aarch64")
    assert not loads(free, "cp39-abi3-manylinux_2_17_aarch64")


def test_another_implementation_loads_plain_python_only(facts):
    pypy = kind(facts, implementation="pypy", python=[3, 10, 1])

    assert loads(pypy, "py3-none-any")
    assert loads(pypy, "pp310-none-any")
    assert not loads(pypy, "cp310-cp310-manylinux_2_17_aarch64")


def test_what_is_compiled_here_is_loaded_where_the_libc_is_not_older(facts):
    here = kind(facts)

    assert kind(facts, libc=["glibc", "2.39"]).loads_compiled_for(here)
    assert not kind(facts, libc=["glibc", "2.9"]).loads_compiled_for(here)
    assert not kind(facts, libc=["musl", "1.2"]).loads_compiled_for(here)
    assert not kind(facts, python=[3, 12, 2]).loads_compiled_for(here)
    assert not kind(facts, machine="x86_64").loads_compiled_for(here)
    assert not kind(facts, abiflags="t").loads_compiled_for(here)
    assert kind(facts, python=[3, 13, 9]).loads_compiled_for(here)


def test_markers_are_those_of_the_host(facts):
    markers = kind(facts).markers

    assert markers["python_full_version"] == "3.13.2"
    assert markers["python_version"] == "3.13"
    assert markers["platform_machine"] == "aarch64"
    assert markers["sys_platform"] == "linux"
    assert markers["platform_python_implementation"] == "CPython"


def test_this_process_loads_what_is_compiled_here():
    here = Interpreter.here()

    assert here.loads_compiled_for(here)
    assert here == replace(here)


@pytest.mark.parametrize(
    "change",
    [
        {"python": None},
        {"python": [3, 13]},
        {"python": [3, 13, "2"]},
        {"python": [3, 13, 10**9]},
        {"python": [True, 13, 2]},
        {"implementation": None},
        {"implementation": "../x"},
        {"machine": "x86 64"},
        {"machine": "m" * 65},
        {"machine": ["x"]},
        {"system": "Linux\n"},
        {"libc": "glibc"},
        {"libc": ["glibc", "x"]},
        {"libc": ["glibc", "2.99999"]},
        {"libc": ["--index-url", "2.36 x"]},
    ],
    ids=repr,
)
def test_facts_that_cannot_be_are_refused(facts, change):
    with pytest.raises(StrangeFacts, match="impossible"):
        kind(facts, **change)


def test_a_host_cannot_make_the_list_of_tags_long(facts):
    assert len(list(kind(facts, libc=["glibc", "2.9999"]).platforms())) < 300
    assert len(list(kind(facts, libc=["musl", "1.9999"]).platforms())) < 300
