"""What is said of a mail server that takes no mails: why, and which setting to look at."""

import asyncio
import datetime as dt
import ssl
from pathlib import Path

import pytest

from models.base.messages.mail import Mail
from tests.node.balancers import certificate, free_port
from tests.support.server.smtp import MailServer
from upcoach.services.base.delivery import CarrierAway
from upcoach.services.base.mail import Smtp, smtp

NOON = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
ANN = "ann@example.org"


async def reason(url: str) -> str:
    """Why a mail cannot be carried to the server at *url*."""
    with pytest.raises(CarrierAway) as away:
        await Smtp(url, "UpCoach <us@example.org>").carry(
            "m1", Mail(ANN, "Hello", "Hello.\n"), NOON
        )
    assert away.value.setting == "UPCOACH_SMTP_URL"
    return str(away.value)


def tls_of(file: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return context


async def test_a_server_that_is_not_there_is_told_from_an_unknown_name() -> None:
    port = free_port()

    assert await reason(f"smtp://127.0.0.1:{port}") == f"127.0.0.1:{port} refuses connections"
    assert await reason("smtps://mail.invalid") == (
        "mail.invalid:465 has no address: the name is unknown"
    )


async def test_a_server_that_says_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    monkeypatch.setattr(smtp, "PATIENCE_S", 0.1)
    silent = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    async with silent:
        words = await reason(f"smtp://127.0.0.1:{port}")

    assert words == f"127.0.0.1:{port} does not answer in time"


async def test_what_is_wrong_with_tls_or_with_a_login_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, there = certificate(tmp_path), MailServer()
    there.login = f"535 {ANN} is not known, or not by sesame"
    async with there.listening() as plain:
        words = [
            await reason(plain.replace("smtp://", "smtps://")),
            await reason(plain.replace("smtp://", "smtp://us:sesame@")),
        ]
    async with there.listening(tls=tls_of(file)) as url:
        words.append(await reason(url))
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        words.append(await reason(url.replace("smtps://", "smtps://us:sesame@")))

    assert [one.partition(" ")[2] for one in words] == [
        "speaks no TLS, or none that we do",
        "offers no TLS, or no login that we know",
        "shows a certificate that is not trusted",
        "refused the user or the password (535)",
    ]
