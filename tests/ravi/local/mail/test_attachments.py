"""`/api/email-attachments/`: files that are handed in, and files that came."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from constellagent.ravi.local.mail import uploads
from constellagent.ravi.local.mail.letter import Attached
from constellagent.ravi.vault import RootKey
from tests.ravi.local.mail.letters import Owner, letter, owner
from tests.ravi.provided import Provided, provided

PRESIGN = "/api/email-attachments/presign/"
COMPOSE = "/api/email-messages/compose/"
MOST = 10 << 20


def wanted(size: int, **more: object) -> dict[str, object]:
    """Return the announcement of a file."""
    return {"filename": "a.txt", "content_type": "text/plain", "size": size, **more}


async def put(
    local: Provided, upload: dict[str, Any], content: bytes, kind: str = "text/plain"
) -> httpx.Response:
    """Hand a file in, without a key."""
    assert upload["upload_url"].startswith(f"{local.url}/")
    path = upload["upload_url"].removeprefix(local.url)
    return await local.ask("PUT", path, key="", content=content, headers={"Content-Type": kind})


async def test_a_file_goes_with_a_mail(local: Provided, docs: Owner, other: Owner) -> None:
    """It is announced, handed in, sent, and can be fetched by both; several times, with different mails."""
    upload = await docs.post(PRESIGN, wanted(3, filename="Ü 😀.txt"))
    assert upload.keys() == {"uuid", "upload_url", "storage_key"}
    assert (await put(local, upload, b"abc")).status_code == 200
    body = {"to_email": other.address, "content": "x", "attachment_uuids": [upload["uuid"]]}
    sent = await docs.post(COMPOSE, body)
    await docs.post(COMPOSE, body)
    got, again = await other.get("/api/email-messages/")
    for each, mail in ((docs, sent), (other, got), (other, again)):
        (file,) = mail["attachments"]
        assert (file["filename"], file["content_type"], file["size"]) == ("Ü 😀.txt", "text/plain", 3)
        path = file["download_url"].removeprefix(local.url)
        fetched = await local.ask("GET", path, key=each.key)
        assert (fetched.status_code, fetched.content) == (200, b"abc")
        assert fetched.headers["Content-Type"] == "text/plain"
        assert fetched.headers["Content-Disposition"] == (
            "attachment; filename*=UTF-8''%C3%9C%20%F0%9F%98%80.txt"
        )
        assert (await each.audit())[-1] == ("key t", "mail.read", "ok", "attachment Ü 😀.txt")
    assert (await other.get("/api/email-inbox/"))[0]["attachment_names"] == ["Ü 😀.txt"]


@pytest.mark.parametrize("size", [0, 1, 65_537, MOST])
async def test_any_size_up_to_the_limit(local: Provided, docs: Owner, other: Owner, size: int) -> None:
    """Every byte arrives, up to ten mebibytes; larger than other bodies may be."""
    content = (bytes(range(256)) * (size // 256 + 1))[:size]
    upload = await docs.post(PRESIGN, wanted(size))
    assert (await put(local, upload, content)).status_code == 200
    sent = await docs.post(
        COMPOSE, {"to_email": other.address, "content": "x", "attachment_uuids": [upload["uuid"]]}
    )
    (got,) = await other.get("/api/email-messages/")
    path = got["attachments"][0]["download_url"].removeprefix(local.url)
    assert (await local.ask("GET", path, key=other.key)).content == content
    assert sent["attachments"][0]["size_bytes"] == size


async def test_a_file_that_is_too_large_is_refused_before_it_is_sent(local: Provided, docs: Owner) -> None:
    """A byte more than ten mebibytes is a 413, at the announcement and at the upload."""
    refused = await docs.post(PRESIGN, wanted(MOST + 1), 413)
    assert refused["error"]["code"] == "attachment.too_large"
    upload = await docs.post(PRESIGN, wanted(MOST))
    assert (await put(local, upload, bytes(MOST + 1))).status_code == 413
    assert (await put(local, upload, bytes(MOST))).status_code == 200


@pytest.mark.parametrize(
    ("content", "kind", "field"),
    [
        (b"ab", "text/plain", "size"),
        (b"abcd", "text/plain", "size"),
        (b"", "text/plain", "size"),
        (b"x" * 3_000_000, "text/plain", "size"),
        (b"abc", "text/html", "content_type"),
        (b"abc", "nonsense", "content_type"),
    ],
)
async def test_what_was_not_announced_is_refused(
    local: Provided, docs: Owner, content: bytes, kind: str, field: str
) -> None:
    """Another size or type is a 422, and the address still takes the right file."""
    upload = await docs.post(PRESIGN, wanted(3))
    refused = await put(local, upload, content, kind)
    assert refused.status_code == 422
    assert refused.json()["error"]["details"] == {"field": field}
    assert (await put(local, upload, b"abc", "Text/Plain; charset=utf-8")).status_code == 200


async def test_a_stream_without_a_length_is_counted(local: Provided, docs: Owner) -> None:
    """Who sends more than announced, in pieces, is stopped."""

    async def pieces(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"abc"

    upload = await docs.post(PRESIGN, wanted(9))
    path, headers = upload["upload_url"].removeprefix(local.url), {"Content-Type": "text/plain"}
    refused = await local.http.put(path, content=pieces(1000), headers=headers)
    assert refused.status_code == 422
    assert (await local.http.put(path, content=pieces(3), headers=headers)).status_code == 200


async def test_an_address_works_once(local: Provided, docs: Owner) -> None:
    """The second upload, also at the same time, and a guessed address are a 404."""
    upload = await docs.post(PRESIGN, wanted(3))
    answers = await asyncio.gather(*(put(local, upload, b"abc") for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404, 404]
    assert (await put(local, upload, b"abc")).status_code == 404
    for token in ("x", upload["uuid"], "%00", "x" * 3000):
        guessed = {"upload_url": f"{local.url}/api/email-attachments/uploads/{token}/"}
        assert (await put(local, guessed, b"abc")).status_code == 404


async def test_an_address_gets_too_old(tmp_path: Path, root_key: RootKey) -> None:
    """After an hour nothing can be handed in, and what was handed in cannot be sent; it is deleted."""
    clock = [1_800_000_000.0]
    async with provided(tmp_path, root_key, now=lambda: clock[0]) as local:
        docs = await owner(local)
        late, early = await docs.post(PRESIGN, wanted(3)), await docs.post(PRESIGN, wanted(3))
        await put(local, early, b"abc")
        clock[0] += 3600
        assert (await put(local, late, b"abc")).status_code == 404
        body = {"to_email": "a@x.example", "content": "x", "attachment_uuids": [early["uuid"]]}
        refused = await docs.post(COMPOSE, body, 422)
        assert "upload it again" in refused["detail"]
        await docs.post(PRESIGN, wanted(3))
        rows = await docs.office.store.rows("SELECT uuid FROM mail_uploads")
        assert len(rows) == 1


async def test_what_was_not_handed_in_cannot_be_sent(docs: Owner) -> None:
    """An announcement alone is no file."""
    upload = await docs.post(PRESIGN, wanted(3))
    body = {"to_email": "a@x.example", "content": "x", "attachment_uuids": [upload["uuid"]]}
    refused = await docs.post(COMPOSE, body, 422)
    assert "not uploaded yet" in refused["detail"]


async def test_a_file_is_only_for_whoever_handed_it_in(local: Provided, docs: Owner, other: Owner) -> None:
    """Another identity cannot send it, nor one that a management key handed in; a management key can."""
    mine = await docs.post(PRESIGN, wanted(3))
    accounts = (await local.ask("POST", PRESIGN, body=wanted(3))).json()
    narrowed = (await local.ask("POST", f"{PRESIGN}?identity={docs.row['uuid']}", body=wanted(3))).json()
    for upload in (mine, accounts, narrowed):
        assert (await put(local, upload, b"abc")).status_code == 200
    as_docs = f"{COMPOSE}?identity={docs.row['uuid']}"
    for upload, key, path, expected in (
        (mine, other.key, COMPOSE, 422),
        (accounts, docs.key, COMPOSE, 422),
        (narrowed, other.key, COMPOSE, 422),
        (mine, docs.key, COMPOSE, 201),
        (narrowed, docs.key, COMPOSE, 201),
        (accounts, None, as_docs, 201),
        (narrowed, None, as_docs, 201),
        (narrowed, None, f"{COMPOSE}?identity={other.row['uuid']}", 422),
    ):
        body = {"to_email": "a@x.example", "content": "x", "attachment_uuids": [upload["uuid"]]}
        assert (await local.ask("POST", path, key=key, body=body)).status_code == expected


async def test_a_file_that_came_can_be_sent_on(docs: Owner, other: Owner) -> None:
    """What is attached to a mail of the identity may go with another one; to another's mail, it may not."""
    await docs.take(letter(attachments=(Attached("a.txt", "text/plain", b"abc"),)))
    (mail,) = await docs.get("/api/email-messages/")
    uuid = mail["attachments"][0]["uuid"]
    body = {"to_email": other.address, "content": "x", "attachment_uuids": [uuid.upper()]}
    sent = await docs.post(COMPOSE, body)
    assert sent["attachments"][0]["filename"] == "a.txt"
    await other.post(COMPOSE, body, 422)
    forwarded = await docs.post(f"/api/email-messages/{mail['id']}/forward/", body)
    assert [file["size"] for file in forwarded["attachments"]] == [3, 3]


async def test_fetching_needs_the_right_key(local: Provided, docs: Owner, other: Owner) -> None:
    """No key is a 401, another identity's a 404, and an unknown file is a 404."""
    await docs.take(letter(attachments=(Attached("a.txt", "text/plain", b"abc"),)))
    (mail,) = await docs.get("/api/email-messages/")
    path = mail["attachments"][0]["download_url"].removeprefix(local.url)
    assert (await local.ask("GET", path, key="")).status_code == 401
    assert (await local.ask("GET", path, key=other.key)).status_code == 404
    assert (await local.ask("GET", f"{path}?identity={other.row['uuid']}")).status_code == 404
    assert (await local.ask("GET", path)).content == b"abc"
    missing = await docs.get("/api/email-attachments/none/", 404)
    assert missing["detail"] == "No EmailAttachment matches the given query."


@pytest.mark.parametrize(
    ("name", "kind"),
    [('a"\r\nX-Evil: 1\r\n.html', "text/html\r\nX-Evil: 1"), ("../../x", "nonsense"), ("", "")],
)
async def test_a_senders_names_and_types_do_no_harm(docs: Owner, name: str, kind: str) -> None:
    """Whatever a sender calls a file, it is fetched as a file to save, without other headers."""
    await docs.take(letter(attachments=(Attached(name, kind, b"<script>"),)))
    (mail,) = await docs.get("/api/email-messages/")
    path = mail["attachments"][0]["download_url"].removeprefix(docs.local.url)
    fetched = await docs.local.ask("GET", path, key=docs.key)
    assert fetched.headers["Content-Type"] == "application/octet-stream"
    assert fetched.headers["Content-Disposition"].startswith("attachment; ")
    assert fetched.headers["X-Content-Type-Options"] == "nosniff"
    assert "X-Evil" not in fetched.headers


async def test_what_waits_is_limited(docs: Owner, other: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    """An identity that hands in without end is told to wait; others are not touched."""
    monkeypatch.setattr(uploads, "_MOST_WAITING", 10)
    await docs.post(PRESIGN, wanted(10))
    refused = await docs.post(PRESIGN, wanted(1), 429)
    assert 0 < refused["retry_after_seconds"] <= 3600
    await other.post(PRESIGN, wanted(10))


async def test_what_was_handed_in_is_forgotten_at_a_start(tmp_path: Path, root_key: RootKey) -> None:
    """A file that nobody can open any more does not lie around."""
    async with provided(tmp_path, root_key) as local:
        docs = await owner(local)
        await put(local, await docs.post(PRESIGN, wanted(3)), b"abc")
    async with provided(tmp_path, root_key) as local:
        assert await local.provider.office.store.rows("SELECT uuid FROM mail_uploads") == []
