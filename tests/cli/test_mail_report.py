"""The command that a mail server hands reports to: exit codes, and no more input than is needed."""

import asyncio
import dataclasses
import io
import os
import subprocess
import sys

import pytest

from config.settings import Settings
from models.base.clock import utc_now
from tests.notifications import mail_reports
from tests.notifications.writing import PREFERENCES
from tests.support.people.scopes import scope_of
from tests.support.server import serving
from tests.support.wire.answers import done
from upcoach.__main__ import main
from upcoach.cli.mail_commands import WORDS, read_message, take_report
from upcoach.services.base.mail.report_parser import REPORT_BYTES


async def commanded(environ: dict[str, str], raw: bytes, *words: str) -> tuple[int | None, str]:
    """The exit code of the command that reads *raw*, and what it says."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "upcoach",
        "mail-report",
        *words,
        env=os.environ | environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said, _ = await process.communicate(raw)
    return process.returncode, said.decode()


async def test_a_report_on_standard_input_stops_mails(
    environ: dict[str, str], settings: Settings
) -> None:
    assert settings.mongo_url is not None
    assert settings.redis_url is not None
    urls = settings.mongo_url, settings.redis_url
    async with serving(dataclasses.replace(settings, roles=frozenset({"web"}))) as server:
        ann = await server.person()
        user = scope_of(server, ann).user
        address = (await done(ann.call("GET", "/v1/me"))).body["email"]
        token = server.node.assembly.mail.report_tokens.issue(user, address, utc_now())
        bounces = mail_reports.bounces_of(token)
        unattributed = mail_reports.amazon("x")

        first = await commanded(environ, unattributed, "--recipient", bounces)
        after = (await done(ann.call("GET", PREFERENCES))).body
        others = {
            name: (await take_report(settings, *urls, raw, ""))[0]
            for name, raw in {
                "again": mail_reports.exim(token),
                "unattributed": unattributed,
                "garbage": b"Subject: hello\n\nhello",
            }.items()
        }

        assert first == (os.EX_OK, WORDS["stopped"] + "\n")
        assert after["mail_stopped_because"] == "bounce"
        assert others == {
            "again": os.EX_OK,
            "unattributed": os.EX_NOUSER,
            "garbage": os.EX_DATAERR,
        }


def test_a_mail_server_comes_again_where_the_command_cannot_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["upcoach", "mail-report"])
    monkeypatch.setenv("UPCOACH_PORT", "http")

    code = main()

    words = "upcoach: UPCOACH_PORT must be a port, 0 to 65535, not 'http'.\n"
    assert (code, capsys.readouterr().err) == (os.EX_TEMPFAIL, words)


def test_all_is_read_and_no_more_kept_than_a_report_has() -> None:
    source = io.BytesIO(b"x" * 10_000_000)

    kept = read_message(source)

    assert (len(kept), source.tell()) == (REPORT_BYTES + 1, 10_000_000)
