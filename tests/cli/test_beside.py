"""What operators' commands do beside a server that runs engines of its own, or without one."""

import asyncio
import contextlib
import os
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.people.chaos import until
from tests.support.server import PASSWORD, Server, ServerProcess
from tests.support.wire.fleet import FeedFollower, following
from upcoach.embedded import EngineError, Engines, joined
from upcoach.embedded.guests import FILE, guest_addresses

pytestmark = pytest.mark.timeout(400)  # every command is a process that reads all of the code

ADA = "ada@example.org"
CLOSED_S = 2.0  # from the end of a command to the end of the sockets
SOCKETS = 6
SPOKEN_S = 20.0  # after which nobody believes that a command does anything
COMMANDS = {
    "admin": ("admin", "--email", ADA, "--role", "support"),
    "client-add": ("client-add", "--name", "App", "--redirect", "https://app.example/in"),
    "clients": ("clients",),
    "rotate-keys": ("rotate-keys",),
    "audit-verify": ("audit-verify",),
    "jobs": ("jobs",),
    "coaches": ("coaches",),
    "migrate": ("migrate",),
    "factors-remove": ("factors-remove", "--email", ADA),
    "mail-bounced": ("mail-bounced", "--email", ADA),
    "webhook-add": (
        "webhook-add",
        "--email",
        ADA,
        "--url",
        "https://app.example/hook",
        "--types",
        "goal.*",
    ),
    "webhooks": ("webhooks",),
    "revoke": ("revoke", "--email", ADA),
}


def environ_of(data: Path, **more: str) -> dict[str, str]:
    return {
        "UPCOACH_DATA": str(data),
        "UPCOACH_PORT": "0",
        "UPCOACH_LIMITS": "off",  # all sockets come from here
        "UPCOACH_LOG_LEVEL": "warning",
    } | more


async def begun(data: Path, *arguments: str) -> asyncio.subprocess.Process:
    """A command that runs."""
    outside = {name: text for name, text in os.environ.items() if not name.startswith("UPCOACH_")}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "upcoach",
        *arguments,
        env=outside | environ_of(data),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def run(data: Path, *arguments: str) -> tuple[int | None, str]:
    """A command's exit code, and what it said."""
    process = await begun(data, *arguments)
    said, _ = await process.communicate()
    return process.returncode, said.decode()


async def register(server: Server) -> str:
    """An account for Ada; the token of a device."""
    await server.client().register(ADA, PASSWORD, "Ada")
    return (await server.client().log_in(ADA, PASSWORD, "phone")).token


@contextlib.asynccontextmanager
async def served(data: Path, **more: str) -> AsyncIterator[tuple[ServerProcess, Server]]:
    async with ServerProcess(environ_of(data, **more)) as process:
        server = Server(process.url)
        try:
            yield process, server
        finally:
            server.close()


async def revoked(process: ServerProcess, server: Server, data: Path) -> tuple[str, set[int]]:
    """What `revoke` says, and with which codes the sockets end."""
    followers = [FeedFollower([process.url], await register(server)) for _ in range(SOCKETS)]
    async with following(followers):
        code, said = await run(data, *COMMANDS["revoke"])
        await until(lambda: all(one.codes for one in followers), CLOSED_S)
    assert code == 0, said
    return said, {one.codes[0] for one in followers}


async def test_every_command_works_beside_a_running_server(tmp_path: Path) -> None:
    async with served(tmp_path) as (process, server):
        await register(server)
        mode = stat.S_IMODE((tmp_path / FILE).stat().st_mode)
        answers = {
            name: await run(tmp_path, *words)
            for name, words in COMMANDS.items()
            if name != "revoke"
        }
        said, codes = await revoked(process, server, tmp_path)
        code = await process.stop()

    assert {one for one, _ in answers.values()} == {0}, answers
    assert answers["clients"][1].endswith("  audience  api\n")
    assert ADA in answers["webhook-add"][1]
    assert "app.example" in answers["webhooks"][1]
    assert answers["jobs"][1].splitlines()[1].split()[:2] == ["evening_check", "1"]
    assert answers["factors-remove"][1] == f"{ADA} has no second factor; nothing was changed.\n"
    assert f"({SOCKETS + 1} sessions)" in said
    assert codes == {4403}
    assert (mode, code) == (0o600, 0)
    assert not (tmp_path / FILE).exists()


async def test_explain_says_that_it_takes_minutes_on_engines_of_its_own(tmp_path: Path) -> None:
    async with served(tmp_path):
        process = await begun(tmp_path, "explain")
        assert process.stdout is not None
        async with asyncio.timeout(SPOKEN_S):
            said = (await process.stdout.readline()).decode()
        process.terminate()  # a shell lets what runs in its background ignore Ctrl-C
        await process.communicate()

    assert "minutes" in said
    assert "a running server" in said


@pytest.mark.chaos
async def test_sockets_of_every_process_end_after_a_revoke(tmp_path: Path) -> None:
    async with served(tmp_path, UPCOACH_PROCESSES="2") as (process, server):
        said, codes = await revoked(process, server, tmp_path)

    assert f"({SOCKETS} sessions)" in said
    assert codes == {4403}


@pytest.mark.chaos
async def test_commands_work_at_once_and_without_a_server(tmp_path: Path) -> None:
    some = [COMMANDS[name] for name in ("client-add", "audit-verify", "migrate")]

    answers = await asyncio.gather(*(run(tmp_path, *words) for words in some))

    assert [code for code, _ in answers] == [0, 0, 0], answers


async def test_a_server_that_starts_meanwhile_waits_for_a_command(tmp_path: Path) -> None:
    commands = [asyncio.create_task(run(tmp_path, *COMMANDS["client-add"])) for _ in range(2)]

    async with served(tmp_path) as (_, server):
        token = await register(server)
        answers = await asyncio.gather(*commands)

    assert [code for code, _ in answers] == [0, 0], answers
    assert token


@pytest.mark.chaos
async def test_a_server_that_stops_meanwhile_harms_no_command(tmp_path: Path) -> None:
    async with served(tmp_path, UPCOACH_DRAIN_S="0") as (process, server):
        await register(server)
        early, late = COMMANDS["admin"], COMMANDS["client-add"]
        commands = [asyncio.create_task(run(tmp_path, *early)) for _ in range(2)]
        await asyncio.wait(commands, return_when=asyncio.FIRST_COMPLETED)
        commands += [asyncio.create_task(run(tmp_path, *late)) for _ in range(2)]
        code = await process.stop()  # while the one works, and the others are about to
        answers = await asyncio.gather(*commands)

    assert [code for code, _ in answers] == [0] * 4, answers
    assert code == 0


async def test_what_a_killed_server_has_left_is_no_obstacle(tmp_path: Path) -> None:
    async with served(tmp_path) as (process, server):
        await register(server)
        await process.kill()
        left = (tmp_path / FILE).exists()

        code, said = await run(tmp_path, *COMMANDS["revoke"])

    assert left
    assert (code, "(1 session)" in said) == (0, True), said


async def test_engines_go_on_until_their_guest_has_left(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(Engines(tmp_path, mongo=False))
        with guest_addresses(tmp_path) as found:
            stopping = asyncio.create_task(stack.aclose())
            await asyncio.sleep(0)
            with guest_addresses(tmp_path) as too_late:
                early = await asyncio.wait([stopping], timeout=0.5)
        await stopping

    assert found is not None
    assert too_late is None
    assert not early[0]


async def test_a_guest_is_told_which_url_the_owner_was_given(tmp_path: Path) -> None:
    async with Engines(tmp_path, mongo=False):
        with pytest.raises(EngineError) as refusal:
            await joined(tmp_path, mongo=True, redis=True).__aenter__()

    assert str(refusal.value) == (
        f"The server (pid {os.getpid()}) on the data folder {tmp_path} was given "
        "UPCOACH_MONGO_URL; set the same here."
    )
