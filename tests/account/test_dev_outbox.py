"""Developers see what was not sent, over all channels; nobody else does."""

import datetime as dt
import re
from pathlib import Path
from typing import Final

import pytest

from handlers.pages.dev_outbox import is_served
from tests.account.html import Reader
from tests.support.engines import TestEngines
from tests.support.people.mail import newest, settings_of
from tests.support.server import PASSWORD, Server, serving
from upcoach.client import Response
from upcoach.services.base.delivery.push_carriers import PushMessage, PushTarget
from upcoach.services.base.push.push_folder import PushFolder

ANN: Final = "ann@example.org"
OUTBOX: Final = "/dev/outbox"
NOON: Final = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
PUSH: Final = "psh_01a20c66-99df-75bd-8f37-3328887fd989"
TARGET: Final = PushTarget(
    platform="web", name="<i>Laptop</i>", token="https://push.example/secret", auth="kept-back"
)
MESSAGE: Final = PushMessage(
    id=PUSH,
    topic="ntf_1",
    title="Time for <b>Running</b>",
    body="It is “dry” & warm.",
    link="/habits/hab_1",
    type="habit_reminder",
    until=NOON + dt.timedelta(hours=4),
)


async def shown(server: Server, path: str = "") -> Response:
    return await server.client().call("GET", f"{OUTBOX}{path}")


async def mail_of(server: Server, email: str) -> str:
    """The name of the only mail, which is to *email*."""
    await server.client().register(email, PASSWORD, "Ann")
    await newest(server, email)
    assert server.node.assembly.mailbox is not None
    [name] = server.node.assembly.mailbox.names()
    return name


async def test_a_mail_is_shown_as_html_as_text_and_as_it_is_sent(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        await server.client().register("<b>@example.org", PASSWORD, "Ann")
        name = await mail_of(server, ANN)

        listed, page = await shown(server), await shown(server, f"/{name}")
        frame = await shown(server, f"/{name}/html")
        missing = [
            (await shown(server, f"/{other}")).status
            for other in ("x", "..", "%2e%2e%2fsecrets", f"{name}.eml", "x%00", "x/html")
        ]

    body = page.body.decode()
    assert (listed.status, page.status, frame.status) == (200, 200, 200)
    assert "Is this your address?" in listed.body.decode()
    assert ANN in listed.body.decode()
    assert 'href="http://upcoach.test/account/verify?token=' in body
    assert "Content-Type: multipart/alternative" in body
    [iframe] = Reader(body).all("iframe")
    assert (iframe["src"], "allow-scripts" in iframe["sandbox"]) == (f"{OUTBOX}/{name}/html", False)
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    assert "Confirm this address</a>" in frame.body.decode()
    assert re.match(
        r"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self';.* sandbox",
        frame.headers["content-security-policy"],
    )
    assert missing == [404] * 6


async def test_a_push_is_shown_as_it_comes_to_its_device(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        mail = await mail_of(server, ANN)
        folder = server.node.assembly.push.folder
        assert isinstance(folder, PushFolder)
        await folder.carry(TARGET, MESSAGE, NOON)

        listed, page = (await shown(server)).body.decode(), await shown(server, f"/{PUSH}")
        frame = await shown(server, f"/{PUSH}/html")

    body = page.body.decode()
    assert listed.index(mail) < listed.index(PUSH)  # the newest first, whatever it is
    for text in (body, listed):
        assert "Time for &lt;b&gt;Running&lt;/b&gt;" in text
        assert "&lt;i&gt;Laptop&lt;/i&gt; (web), Mon, 05 Jan 2026 12:00:00 UTC" in text
    for words in ("It is “dry” &amp; warm.", "/habits/hab_1", "habit_reminder"):
        assert words in body
    assert "secret" not in body + listed
    assert "kept-back" not in body
    assert frame.status == 404


async def test_the_place_of_before_leads_there(engines: TestEngines, tmp_path: Path) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        name = await mail_of(server, ANN)

        followed = await server.client().call("GET", f"/dev/mail/{name}")
        listed = await server.client().call("GET", "/dev/mail")

    assert f'src="{OUTBOX}/{name}/html"' in followed.body.decode()
    assert f'href="{OUTBOX}/{name}"' in listed.body.decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "upcoach.test"},
        {"Host": "rebound.example.org:8888"},
        {"Host": "127.0.0.1.nip.io"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
    ],
)
async def test_it_is_shown_on_this_machine_only(
    engines: TestEngines, tmp_path: Path, headers: dict[str, str]
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        name = await mail_of(server, ANN)

        for path in (OUTBOX, f"{OUTBOX}/{name}", f"{OUTBOX}/{name}/html"):
            assert (await server.client().call("GET", path)).status == 200
            assert (await server.client().call("GET", path, headers=headers)).status == 404
        assert (await server.client().call("GET", "/dev/mail", headers=headers)).status == 404


def test_it_is_nowhere_where_everything_is_sent() -> None:
    class Parts:
        mailbox = None
        pushes = None

    assert not is_served(Parts())  # type: ignore[arg-type]
