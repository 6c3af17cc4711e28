"""What is refused on the command line of make and of operators' commands, and in which words."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.access.permissions import ROLES
from upcoach.__main__ import main

ROOT = Path(__file__).parents[2]
SET_BY_SHELLS = {"USER": "login", "NAME": "name"}
REDIRECTS = (
    "https://…, http://localhost/…, http://127.0.0.1/…, http://[::1]/… or reversed.domain:/…"
)
OF_CLIENTS = ("REDIRECT", "SCOPE", "KIND", "CLIENT")
OF_WEBHOOKS = ("WEBHOOK", "URL", "TYPES", "ENABLED", "SINCE")
MEANT = ("ROLE", "AT_ONCE", "REASON", *OF_CLIENTS, *OF_WEBHOOKS)  # by whoever sets them


def make(*words: str, **environ: str) -> str:
    """What make says, also where make runs the tests."""
    outside = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith("MAKE") and name not in (*MEANT, "ARGS")
    }
    outcome = subprocess.run(
        ["make", "--no-print-directory", *words],  # noqa: S607 - whichever the operator has
        cwd=ROOT,
        env=outside | environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return outcome.stdout


def making(*words: str, **environ: str) -> str:
    """The command that make would run, in a shell that sets `SET_BY_SHELLS` and *environ*."""
    said = make("--dry-run", *words, **SET_BY_SHELLS, **environ)
    return said[said.index("-m upcoach") :].strip()


async def refused(environ: dict[str, str], *words: str) -> str:
    """What the command *words* says when it refuses."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "upcoach",
        *words,
        env=os.environ | environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 2
    return said.decode()


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (("revoke",), '-m upcoach revoke --email ""'),
        (("revoke", "USER=ada@example.org"), '-m upcoach revoke --email "ada@example.org"'),
        (("factors-remove",), '-m upcoach factors-remove --email ""'),
        (("mail-bounced",), '-m upcoach mail-bounced --email ""'),
        (("coach-verify", "USER=a@b.c"), '-m upcoach coach-verify --email "a@b.c"'),
        (("mail-report",), "-m upcoach mail-report"),
        (("admin",), '-m upcoach admin --email "" --role "superadmin"'),
        (("admin", "USER=a@b.c", "ROLE=user"), '-m upcoach admin --email "a@b.c" --role "user"'),
        (("clients",), "-m upcoach clients"),
        (("client-remove", "CLIENT=cli_1"), '-m upcoach client-remove --client "cli_1"'),
        (
            ("webhook-ping", "WEBHOOK=whk_1"),
            '-m upcoach webhook-ping --webhook "whk_1" --email ""',
        ),
        (
            ("webhook-replay", "WEBHOOK=whk_1", "SINCE=0", "USER=a@b.c"),
            '-m upcoach webhook-replay --webhook "whk_1" --email "a@b.c" --since "0"',
        ),
        (("rotate-keys",), "-m upcoach rotate-keys"),
        (("rotate-keys", "AT_ONCE=1"), "-m upcoach rotate-keys --at-once"),
    ],
)
def test_make_takes_what_its_own_command_line_says(words: tuple[str, ...], command: str) -> None:
    assert making(*words) == command


def test_make_registers_no_client_by_what_the_shell_says() -> None:
    assert " ".join(making("client-add").replace("\\\n", "").split()) == (
        '-m upcoach client-add --name "" --redirect "" --scope "" --kind "public"'
    )


def test_make_changes_of_a_client_what_is_said() -> None:
    said = making("client-change", "CLIENT=cli_1", "SCOPE=openid")

    assert " ".join(said.replace("\\\n", "").split()) == (
        '-m upcoach client-change --client "cli_1" --name "" --redirect "" --scope "openid"'
    )


def test_make_leaves_types_of_events_as_they_are() -> None:
    said = making("webhook-add", "USER=a@b", "URL=https://a.b/", "TYPES=habit.* goal.created")

    assert " ".join(said.replace("\\\n", "").split()) == (
        '-m upcoach webhook-add --email "a@b" --url "https://a.b/" --types "habit.* goal.created"'
    )


def test_what_is_no_text_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["upcoach", "webhook-add", "--email", "\udcff@example.org"])

    with pytest.raises(SystemExit) as refusal:
        main()

    words = "upcoach: argument --email: this is no text in UTF-8; --help lists all.\n"
    assert (refusal.value.code, capsys.readouterr().err) == (2, words)


async def test_which_client_it_is_has_to_be_said(environ: dict[str, str]) -> None:
    words = await refused(environ, "client-remove")

    assert words == "upcoach: Say which client, as make clients lists them: CLIENT=cli_…\n"


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("admin", "ROLE"),
        ("rotate-keys", "AT_ONCE"),
        ("client-add", "REDIRECT"),
        ("client-remove", "CLIENT"),
        ("client-add", "SCOPE"),
        ("client-add", "KIND"),
        ("webhook-add", "URL"),
        ("webhook-change", "ENABLED"),
    ],
)
def test_make_says_where_a_word_belongs_that_the_shell_says(target: str, name: str) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refusal:
        making(target, **{name: "user"})

    words = f"Say {name}=… behind make {target}: it is not taken from the environment"
    assert words in refusal.value.stderr
    assert "-m upcoach" not in refusal.value.stdout
    assert making(target, f"{name}=user", **{name: "else"}) == making(target, f"{name}=user")


def test_make_heeds_such_a_word_only_where_it_is_used() -> None:
    said = making("revoke", "USER=a@b.c", **dict.fromkeys(MEANT, "user"))

    assert said == '-m upcoach revoke --email "a@b.c"'


def test_the_list_of_targets_has_a_straight_column() -> None:
    listed = make("help").splitlines()

    begins = {line.index(line.split(maxsplit=2)[2]) for line in listed}

    assert len(begins) == 1


@pytest.mark.parametrize(
    "command", ["admin", "revoke", "factors-remove", "mail-bounced", "coach-verify"]
)
async def test_whose_account_it_is_has_to_be_said(environ: dict[str, str], command: str) -> None:
    assert await refused(environ, command) == "upcoach: Say whose account it is: USER=address\n"


async def test_an_address_without_an_account_is_named(environ: dict[str, str]) -> None:
    words = await refused(environ, "revoke", "--email", "nobody@example.org")

    assert words == "upcoach: There is no account for nobody@example.org.\n"


async def test_a_role_that_does_not_exist_is_answered_with_those_that_do(
    environ: dict[str, str],
) -> None:
    words = await refused(environ, "admin", "--email", "ada@example.org", "--role", "king")

    assert "--role" in words
    assert [role for role in ("user", *ROLES) if role not in words] == []
    assert words.count("\n") == 1


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (
            "public",
            f"http is for this very device only; one begins with {REDIRECTS}",
        ),
        ("confidential", "only https is for a client with a secret; one begins with https://…"),
    ],
)
async def test_what_is_no_redirect_is_answered_with_what_is(
    environ: dict[str, str], kind: str, why: str
) -> None:
    redirect = "http://app.example.org/in"
    words = await refused(
        environ, "client-add", "--name", "App", "--kind", kind, "--redirect", redirect
    )

    assert words == (f"upcoach: {redirect} is no redirect for a {kind} client: {why}.\n")
