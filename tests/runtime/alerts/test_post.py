"""The way of a word to an owner; `test_alerts` and those of runs send on it."""

from dataclasses import replace

import pytest

from constellagent.runtime.alerts.post import Letter, Post, without_tags
from constellagent.runtime.contexts import Context
from constellagent.spec.models import Constellation, Owner
from tests.runtime.alerts.rig import OWNER, House


async def context_of(here: House, owner: Owner) -> Context:
    """Return the constellation as if it had this owner."""
    context = await here.lab.daemon._contexts.of_file(here.lab.file)
    constellation: Constellation = context.constellation.model_copy(update={"owner": owner})
    return replace(context, constellation=constellation)


async def test_a_mail_goes_before_a_text(here: House) -> None:
    """To the address where there is one, else to the number."""
    await here.begin()
    post = Post(here.lab.daemon._client.audit)
    both = await post.way(await context_of(here, Owner(email="boss@acme.test", phone="+12025550199")), "docs")
    number = await post.way(await context_of(here, Owner(phone="+12025550199")), "docs")
    nobody = await post.way(await context_of(here, Owner()), "docs")

    assert both is not None
    assert (both.to, both.mail, both.binding.agent) == ("boss@acme.test", True, "docs")
    assert number is not None
    assert (number.to, number.mail) == ("+12025550199", False)
    assert nobody is None


async def test_who_has_nothing_to_write_from_writes_to_nobody(
    here: House, caplog: pytest.LogCaptureFixture
) -> None:
    """An agent without an identity, or without a number where there is only a number; it is logged."""
    caplog.set_level("INFO")
    await here.begin(more="identity: false", rest=OWNER.replace("phone: true", "phone: false"))
    post = Post(here.lab.daemon._client.audit)

    assert await post.way(await context_of(here, Owner(email="boss@acme.test")), "docs") is None
    assert await post.way(await context_of(here, Owner(phone="+12025550199")), "boss") is None
    assert "nobody is told, since docs has no identity to write as" in caplog.text
    assert "nobody is told, since boss has no number to write from" in caplog.text


async def test_a_letter_is_sent_as_it_is(here: House) -> None:
    """But for tags, by which a mail would be taken for HTML."""
    await here.begin()
    post = Post(here.lab.daemon._client.audit)
    context = await context_of(here, Owner(email="boss@acme.test"))
    way = await post.way(context, "docs")
    assert way is not None

    await post.send(context, way, Letter("a <b>", "one\n<i>two</i>\n", "unused"))

    (mail,) = await here.inbox()
    assert mail.subject == "a <b>"
    assert mail.text_content.replace("\r\n", "\n") == "one\n\u2039i>two\u2039/i>\n"


def test_nothing_makes_a_mail_of_html() -> None:
    """Output with tags stays text; a comparison is none."""
    said = without_tags("<html><b>x</b> <!-- --> 1 < 2")

    assert said == "\u2039html>\u2039b>x\u2039/b> \u2039!-- --> 1 < 2"
