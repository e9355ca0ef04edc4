"""Which site a password is for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.ravi.local.answers import ApiError
from constellagent.ravi.local.vault.domains import site


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("example.com", "example.com"),
        ("https://app.example.com/x?y#z", "example.com"),
        ("  Mail.Google.COM/inbox ", "google.com"),
        ("api.openai.com", "openai.com"),
        ("example.com.", "example.com"),
        ("example.com:8443/login", "example.com"),
        ("https://user:word@www.example.co.uk:80", "example.co.uk"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("alice.github.io", "alice.github.io"),
        ("www.alice.github.io", "alice.github.io"),
        ("github.io", "github.io"),
        ("co.uk", "co.uk"),
        ("localhost", "localhost"),
        ("http://localhost:3000/", "localhost"),
        ("jenkins", "jenkins"),
        ("build_server", "build_server"),
        ("wiki.corp.intranet", "corp.intranet"),
        ("shop.demo.test", "demo.test"),
        ("http://127.0.0.1:8000/signup", "127.0.0.1"),
        ("192.168.1.10", "192.168.1.10"),
        ("http://[::1]:8000/", "::1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("www.münchen.de", "xn--mnchen-3ya.de"),
        ("xn--mnchen-3ya.de", "xn--mnchen-3ya.de"),
        ("WWW.MÜNCHEN.DE", "xn--mnchen-3ya.de"),
        ("straße.de", "xn--strae-oqa.de"),
        ("www.例え。jp", "xn--r8jz45g.jp"),
        ("a.食狮.公司.cn", "xn--85x722f.xn--55qx5d.cn"),
    ],
)
def test_the_registrable_domain(text: str, domain: str) -> None:
    """A URL, a host name and its spellings all become the part that the owner registered."""
    assert site(text) == domain


@pytest.mark.parametrize(
    "text",
    ["", " ", "/", "https://", "https:///path", "a b.com", "exa\x00mple.com", "-a.com", "a..com", ".com",
     "a.com\\@b.com", "999.1.1.1", "1.2.3", "[::1", "x" * 64 + ".com", "a." * 200 + "com",
     "x" * 5000, "ex!ample.com"],
)  # fmt: skip
def test_what_names_no_host_is_refused(text: str) -> None:
    """The refusal is a 422 of the field and shows an example."""
    with pytest.raises(ApiError, match=r"example\.com") as raised:
        site(text)
    assert (raised.value.status, raised.value.details) == (422, {"field": "domain"})


@given(st.text(max_size=60) | st.from_regex(r"([a-zäß0-9-]{1,10}\.){1,4}[a-z]{2,5}", fullmatch=True))
def test_the_answer_is_a_fixed_point(text: str) -> None:
    """Whatever comes in is refused, or becomes a domain that stays what it is."""
    try:
        domain = site(text)
    except ApiError:
        return
    assert domain.isascii()
    assert domain == domain.lower()
    assert site(domain) == domain
