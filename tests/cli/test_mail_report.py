"""The command that a mail server hands reports to: exit codes, and no more input than is needed."""

import asyncio
import dataclasses
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

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

TOKEN: Final = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnop"


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
            name: (await take_report(settings, raw, ""))[0]
            for name, raw in {
                "again": mail_reports.exim(token),
                "forged": mail_reports.exim("a" * len(token)),
                "unattributed": unattributed,
                "garbage": b"Subject: hello\n\nhello",
            }.items()
        }

        assert first == (os.EX_OK, WORDS["stopped"] + "\n")
        assert after["mail_stopped_because"] == "bounce"
        assert others == {
            "again": os.EX_OK,
            "forged": os.EX_NOUSER,
            "unattributed": os.EX_NOUSER,
            "garbage": os.EX_DATAERR,
        }


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (mail_reports.postfix(TOKEN, "4.4.7"), os.EX_OK),
        (mail_reports.abuse(TOKEN, "not-spam"), os.EX_OK),
        (mail_reports.amazon("x"), os.EX_NOUSER),
        (b"Subject: hello\n\nhello", os.EX_DATAERR),
    ],
)
def test_what_asks_for_nothing_is_answered_without_engines(
    tmp_path: Path, raw: bytes, code: int
) -> None:
    settings = Settings.from_environ({"UPCOACH_ENV": "development", "UPCOACH_DATA": str(tmp_path)})

    answer, _ = asyncio.run(take_report(settings, raw, ""))

    assert answer == code
    assert list(tmp_path.iterdir()) == []  # where engines would have been started


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
