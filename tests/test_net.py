"""Addresses, how names resolve, and which IP families are wanted."""

import socket

import pytest

from batou import net, utils
from batou.errors import GetAddressInfoError, IPAddressConfigurationError
from batou.net import Address, NetLoc, NetSettings, resolve, resolve_v6, using


@pytest.fixture
def known():
    """Names that resolve without asking anybody."""
    rules = NetSettings(
        resolve_override={"web": "192.0.2.1"}, resolve_v6_override={"web": "2001:db8::1"}
    )
    with using(rules):
        yield rules


@pytest.fixture
def nameserver(monkeypatch):
    """The answers of the system's resolver, by family."""
    answers = {}

    def getaddrinfo(host, port, family=0, *args, **kw):
        found = answers.get((host, family))
        if found is None:
            raise socket.gaierror(-2, "Name or service not known")
        return [(family, 1, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return answers


class TestNetLoc:
    @pytest.mark.parametrize(
        "netloc, text",
        [
            (NetLoc("host"), "host"),
            (NetLoc("host", 80), "host:80"),
            (NetLoc("host", "80"), "host:80"),
            (NetLoc("::1", 80), "[::1]:80"),
            (NetLoc("::1"), "::1"),
        ],
    )
    def test_it_reads_as_in_urls(self, netloc, text):
        assert str(netloc) == text
        assert repr(netloc) == f"<NetLoc `{text}`>"

    def test_it_compares_with_anything_by_its_text(self):
        assert NetLoc("a", 80) == NetLoc("a", "80") == "a:80"
        assert NetLoc("a", 80) < NetLoc("b", 80)
        assert NetLoc("a", 80) < "b"
        assert NetLoc("a", 80) != NetLoc("a", 81)

    def test_it_can_be_a_key_and_take_further_attributes(self):
        netloc = NetLoc("a", 80)
        netloc.host_v6 = "::1"

        assert {netloc: 1}[NetLoc("a", 80)] == 1


class TestAddress:
    def test_a_port_may_be_part_of_the_text(self):
        address = Address("web:8080")

        assert str(address) == "web:8080"
        assert (address.connect.host, address.connect.port) == ("web", "8080")

    def test_the_port_of_the_text_wins_and_an_argument_keeps_its_type(self):
        assert Address("web:8080", 80).connect.port == "8080"
        assert Address("web", 80).connect.port == 80

    def test_an_address_needs_a_port(self):
        with pytest.raises(ValueError, match="address 'web' needs a port, like web:8080"):
            Address("web")

    def test_ipv6_literals_stand_in_brackets(self):
        address = Address("[2001:db8::1]:80")

        assert address.connect.host == "2001:db8::1"
        assert str(address) == "[2001:db8::1]:80"
        assert str(Address("[::1]", 80)) == "[::1]:80"

    @pytest.mark.parametrize("text", ["::1", "a:b:c", "[::1", "[::1]80"])
    def test_what_is_no_address_is_an_error_that_shows_the_form(self, text):
        with pytest.raises(ValueError, match="is not understood, write host:port"):
            Address(text, 80)

    def test_addresses_are_ordered_equal_and_hashable_by_their_text(self):
        assert Address("a:80") == Address("a", 80)
        assert Address("a:80") != "a:80"
        assert sorted([Address("b:1"), Address("a:2")])[0] == Address("a:2")
        assert len({Address("a:80"), Address("a", 80)}) == 1
        with pytest.raises(TypeError):
            Address("a:80") < "b:80"

    def test_it_listens_on_the_resolved_address(self, known):
        address = Address("web:80")

        assert str(address.listen) == "192.0.2.1:80"
        assert address.listen is address.listen

    def test_it_resolves_when_it_is_asked_not_before(self, known):
        address = Address("web:80")
        known.resolve_override["web"] = "192.0.2.9"

        assert address.listen.host == "192.0.2.9"

    def test_where_it_listens_can_be_assigned(self):
        address = Address("web:80", require_v6=True)
        address.listen = NetLoc("0.0.0.0", 80)
        address.listen_v6 = NetLoc("::", 80)

        assert str(address.listen) == "0.0.0.0:80"
        assert str(address.listen_v6) == "[::]:80"

    def test_ipv6_is_off_by_default(self, known):
        with pytest.raises(IPAddressConfigurationError) as caught:
            Address("web:80").listen_v6

        assert (caught.value.address, caught.value.kind) == ("web:80", 6)
        assert "require_v6 = True" in caught.value.hint()

    def test_ipv4_can_be_switched_off(self, known):
        address = Address("web:80", require_v4=False, require_v6=True)

        assert str(address.listen_v6) == "[2001:db8::1]:80"
        with pytest.raises(IPAddressConfigurationError) as caught:
            address.listen
        assert caught.value.kind == 4

    def test_both_switched_off_is_an_error(self):
        with pytest.raises(ValueError, match="both switched off"):
            Address("web:80", require_v4=False, require_v6=False)

    def test_a_name_that_does_not_resolve_is_an_error_with_advice(self, nameserver):
        with pytest.raises(GetAddressInfoError) as caught:
            Address("gone:80").listen

        assert caught.value.hostname == "gone:80"
        assert isinstance(caught.value, socket.gaierror)
        assert "gone = 192.0.2.10" in caught.value.hint()

    def test_optional_families_are_none_where_they_do_not_resolve(self, nameserver):
        nameserver["local", socket.AF_INET6] = ["fe80::1"]

        assert Address("gone:80", require_v4="optional").listen is None
        assert Address("local:80", require_v6="optional").listen_v6 is None

    def test_link_local_ipv6_is_not_used(self, nameserver):
        nameserver["both", socket.AF_INET6] = ["fe80::1", "2001:db8::2"]
        nameserver["local", socket.AF_INET6] = ["fe80::1"]

        assert Address("both:80", require_v6=True).listen_v6.host == "2001:db8::2"
        with pytest.raises(ValueError, match="no usable IPv6 address for 'local'"):
            Address("local:80", require_v6=True).listen_v6

    def test_the_class_holds_the_defaults(self, known):
        Address.require_v6 = "optional"

        assert Address("web:80").require_v6 == "optional"
        assert known.require_v6 == "optional"

    def test_the_defaults_belong_to_the_rules_in_force(self, known):
        with using(NetSettings(require_v4=False, require_v6=True)):
            assert Address.require_v4 is False
            assert Address("web:80").require_v4 is False
        assert Address.require_v4 is True


class TestResolving:
    def test_the_first_address_is_taken(self, nameserver):
        nameserver["web", socket.AF_INET] = ["192.0.2.7", "192.0.2.8"]

        assert resolve("web") == "192.0.2.7"

    def test_overrides_come_first(self, nameserver, known):
        assert resolve("web", 80) == "192.0.2.1"
        assert resolve_v6("web", 80) == "2001:db8::1"

    def test_overrides_can_be_given(self, nameserver):
        assert resolve("x", resolve_override={"x": "192.0.2.3"}) == "192.0.2.3"
        assert resolve_v6("x", resolve_override={"x": "::3"}) == "::3"

    def test_failure_is_the_systems_error(self, nameserver):
        with pytest.raises(socket.gaierror):
            resolve("gone")
        with pytest.raises(socket.gaierror):
            resolve_v6("gone")

    def test_decisions_are_logged_when_debugging(self, nameserver, known, output):
        nameserver["db", socket.AF_INET] = ["192.0.2.7"]
        output.enable_debug = True

        resolve("web")
        resolve("db")

        assert output.backend.output == (
            "resolved 'web' to 192.0.2.1 by the environment\nresolved 'db' to 192.0.2.7\n"
        )

    def test_the_global_dictionaries_are_the_overrides_in_force(self, known):
        utils.resolve_override["db"] = "192.0.2.5"
        del utils.resolve_v6_override["web"]

        assert known.resolve_override["db"] == "192.0.2.5"
        assert utils.resolve_override == {"web": "192.0.2.1", "db": "192.0.2.5"}
        assert utils.resolve_override != {"web": "192.0.2.1"}
        assert list(utils.resolve_override) == ["web", "db"]
        assert len(utils.resolve_override) == 2
        assert "web" in utils.resolve_override
        assert dict(utils.resolve_override) == known.resolve_override
        assert utils.resolve_override.get("nope") is None
        assert utils.resolve_override.copy() == known.resolve_override
        assert utils.resolve_override.pop("db") == "192.0.2.5"
        assert utils.resolve_override.setdefault("mail", "192.0.2.6") == "192.0.2.6"
        utils.resolve_override.update({"ftp": "192.0.2.7"})
        assert sorted(utils.resolve_override.keys()) == ["ftp", "mail", "web"]
        assert sorted(utils.resolve_override.values())[0] == "192.0.2.1"
        assert dict(utils.resolve_override.items()) == known.resolve_override
        assert repr(utils.resolve_override) == repr(known.resolve_override)
        assert not utils.resolve_v6_override
        utils.resolve_override.clear()
        assert known.resolve_override == {}

    def test_rules_end_with_their_block(self):
        before = net.settings()
        with using(NetSettings({"x": "192.0.2.1"})):
            assert resolve("x") == "192.0.2.1"
        assert net.settings() is before
