"""Where a request is for and where it comes from; tests/reliability/test_web_doors.py asks over sockets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.web.guard import (
    Entrance,
    check_host,
    check_origin,
    check_page,
    check_text,
    is_loopback,
    page_secret,
)
from constellagent.faces.web.problems import HttpError

HERE = Entrance("http", 8080)
FLEET = Entrance("https", 443, frozenset({"fleet.test"}))
SOCKET = Entrance("http", 0, trusted=True)


@given(st.text())
def test_e1_any_host_is_ours_or_refused(host: str) -> None:
    """No host is a defect, and only names of this machine pass."""
    try:
        told = check_host(HERE, [host], "/")
    except HttpError as error:
        told = str(error.status)
    names = {"127.0.0.1", "localhost", "[::1]"}
    assert told in {"403", *names, *(f"{name}:8080" for name in names)}


def test_the_port_may_be_left_out_where_it_is_the_schemes_own() -> None:
    """Browsers leave it out there; at another port, what is encrypted names it, and no other one."""
    assert check_host(HERE, ["LOCALHOST"], "/") == "localhost"
    assert check_host(FLEET, ["fleet.test"], "/") == "fleet.test"
    assert check_host(FLEET, ["fleet.test"], "https://fleet.test/") == "fleet.test"
    assert check_host(FLEET, ["fleet.test:443"], "/") == "fleet.test:443"
    assert check_host(SOCKET, ["localhost:99"], "/") == "localhost:99"
    elsewhere = Entrance("https", 8443, frozenset({"fleet.test"}))
    assert check_host(elsewhere, ["fleet.test:8443"], "/") == "fleet.test:8443"
    for entrance, host in (
        *((FLEET, host) for host in ("localhost", "fleet.test:", "fleet.test:80", "fleet.test:8443")),
        *((elsewhere, host) for host in ("fleet.test", "fleet.test:443")),
    ):
        with pytest.raises(HttpError):
            check_host(entrance, [host], "/")


def test_e2_the_origin_is_the_very_address() -> None:
    """Its scheme, host and port are those of the request."""
    check_origin(FLEET, "fleet.test", {"origin": ["https://fleet.test"]}, linked=False)
    check_origin(HERE, "localhost:8080", {}, linked=False)
    for origins in (["http://fleet.test"], ["https://fleet.test", "https://fleet.test"], [""]):
        with pytest.raises(HttpError, match="another site"):
            check_origin(FLEET, "fleet.test", {"origin": origins}, linked=False)


def test_the_page_itself_may_be_linked_to() -> None:
    """A link on another site opens it; nothing of the API can be reached so."""
    foreign = {"sec-fetch-site": ["cross-site"]}
    check_origin(HERE, "localhost:8080", foreign, linked=True)
    with pytest.raises(HttpError):
        check_origin(HERE, "localhost:8080", foreign, linked=False)


def test_a_page_that_acts_says_who_it_is() -> None:
    """Both its origin, which no page can choose, and a header that no form can send."""
    ours = {"origin": ["http://localhost:8080"], "x-constellagent": ["1"]}
    check_page("POST", ours, upgrade=False)
    check_page("GET", {}, upgrade=False)
    check_page("GET", {"origin": ours["origin"]}, upgrade=True)
    for lacking in (
        {"origin": ours["origin"]},
        {"x-constellagent": ["1"]},
        {**ours, "x-constellagent": ["1", "1"]},
    ):
        with pytest.raises(HttpError):
            check_page("DELETE", lacking, upgrade=False)


def test_a_page_shows_its_secret_in_one_way() -> None:
    """In its header; a WebSocket among its subprotocols, beside ours, which alone is answered with."""
    upgrade = {"upgrade": ["websocket"]}
    offered = {"sec-websocket-protocol": ["constellagent, page.s3cret"]}
    assert page_secret({"x-constellagent": ["s3cret"]}) == "s3cret"
    assert page_secret({**upgrade, **offered}) == "s3cret"
    assert page_secret({**upgrade, "sec-websocket-protocol": ["constellagent", "page.s3cret"]}) == "s3cret"
    for lacking in (
        {},
        offered,
        upgrade,
        {"x-constellagent": ["s3cret", "s3cret"]},
        {**upgrade, "sec-websocket-protocol": ["page.s3cret"]},
        {**upgrade, "sec-websocket-protocol": ["constellagent, page.s3cret, page.other"]},
        {**upgrade, "sec-websocket-protocol": ["constellagent, s3cret"]},
    ):
        assert page_secret(lacking) == ""


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        *((host, True) for host in ("127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost")),
        *((host, False) for host in ("0.0.0.0", "::", "192.0.2.1", "fleet.test", "")),
    ],
)
def test_loopback_is_told_from_all_else(host: str, is_ours: bool) -> None:
    """Only what this machine alone reaches counts."""
    assert is_loopback(host) is is_ours


def test_headers_are_text() -> None:
    """What no UTF-8 stands for is refused; what is, in any language, is not."""
    check_text({"user-agent": ["näive", "\N{SNOWMAN}"]})
    with pytest.raises(HttpError) as raised:
        check_text({"sec-websocket-key": ["dGhl\udcff"]})
    assert raised.value.status == 400
