"""People who stay logged in: answers are lost, a node is killed, all keys are changed."""

import argparse
import asyncio
import dataclasses
import random
from typing import Final

import msgspec

from config.settings import Settings
from models.base.ids import new_id
from models.oauth.client import OAuthClient
from tests.support.engines import KEY, TestEngines
from tests.support.server import PASSWORD, ServerProcess
from tests.support.wire.relying import CHALLENGE, ISSUER, REDIRECT, VERIFIER, Answer, Browser
from upcoach.cli.admin_commands import rotate_keys
from upcoach.cli.client_commands import add_arguments, add_client
from upcoach.client import RestClient
from upcoach.client.rest import NO_ANSWER

LOST: Final = 0.05
NEXT: Final = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
SCOPE: Final = "openid offline_access goals:read"
AGAIN_S: Final = 0.05  # before a request is repeated that got no answer
GONE: Final = 599


@dataclasses.dataclass
class Count:
    """What has happened so far."""

    logins: int = 0
    refreshes: int = 0
    lost: int = 0
    logged_out: int = 0
    replays_accepted: int = 0


class Patient(Browser):
    """A browser for which a node that is gone is an answer, too."""

    async def ask(
        self, method: str, path: str, raw: bytes | None, headers: dict[str, str] | None = None
    ) -> Answer:
        try:
            return await super().ask(method, path, raw, headers)
        except NO_ANSWER:
            return Answer(GONE, {}, "")


class Device:
    """A user's browser and app, which reach one node or the other."""

    def __init__(
        self, nodes: tuple[ServerProcess, ...], client: OAuthClient, email: str, count: Count
    ) -> None:
        self._nodes = nodes
        self._client = client
        self._email = email
        self._count = count
        self._browser = Patient(nodes[0].url)
        self._token = ""
        self._old = ""

    async def live(self, logins: int, refreshes: int) -> None:
        """Log in again and again, and refresh after each."""
        for _ in range(logins):
            await self._log_in()
            for _ in range(refreshes):
                await self._refresh()

    async def be_robbed(self) -> None:
        """Go on, while a thief shows a token that was exchanged before the last one was."""
        await self._refresh()
        stolen = self._old
        await self._refresh()
        if (await self._exchange(stolen)).status == 200:
            self._count.replays_accepted += 1
        self._browser.close()

    async def _log_in(self) -> None:
        code = ""
        while not code:
            code = await self._code()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": VERIFIER,
            "client_id": self._client.id,
        }
        answer = await self._browser.post("/oauth/token", form)
        if self._is_lost(answer):
            return await self._log_in()  # a code is never good twice
        assert answer.status == 200, answer
        self._token = answer.body["refresh_token"]
        self._count.logins += 1
        return None

    async def _code(self) -> str:
        self._choose()
        request = {
            "client_id": self._client.id,
            "redirect_uri": REDIRECT,
            "response_type": "code",
            "scope": SCOPE,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        answer = await self._browser.get("/oauth/authorize", request)
        if answer.status == 200 and 'name="password"' in answer.text:
            answer = await self._browser.log_in(answer, self._email)
        if answer.status == 200 and "allow:" in answer.text:
            answer = await self._browser.agree(answer)
        if answer.status >= 500:
            await asyncio.sleep(AGAIN_S)
            return ""
        return answer.sent_to["code"] if answer.status == 303 else ""

    async def _refresh(self) -> None:
        answer = await self._exchange(self._token)
        while self._is_lost(answer):
            await asyncio.sleep(AGAIN_S)
            answer = await self._exchange(self._token)
        if answer.status != 200:
            self._count.logged_out += 1
            return
        self._count.refreshes += 1
        self._old, self._token = self._token, answer.body["refresh_token"]

    async def _exchange(self, token: str) -> Answer:
        self._choose()
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return await self._browser.post("/oauth/token", form | {"client_id": self._client.id})

    def _choose(self) -> None:
        self._browser.url = random.choice(self._nodes).url

    def _is_lost(self, answer: Answer) -> bool:
        lost = random.random() < LOST or answer.status >= 500
        self._count.lost += lost
        return lost


async def soak(engines: TestEngines, *, users: int, logins: int, refreshes: int) -> Count:
    """Let *users* log in and refresh, each so often, while everything is disturbed."""
    environ = engines.environ(
        UPCOACH_PUBLIC_URL=ISSUER, UPCOACH_MASTER_KEYS=f"test:{KEY},next:{NEXT}"
    )
    settings = Settings.from_environ(environ)
    assert settings.mongo_url is not None
    count = Count()
    async with ServerProcess(dict(environ)) as one, ServerProcess(dict(environ)) as other:
        client = await _client(settings, settings.mongo_url)
        emails = await _register(one.url, users)
        devices = [Device((one, other), client, email, count) for email in emails]
        working = asyncio.gather(*(device.live(logins, refreshes) for device in devices))
        await _reached(count, users * logins * refreshes // 4, working)
        await other.kill()
        masters = dict(reversed(list(settings.master_keys.items())))
        rotated = dataclasses.replace(settings, master_keys=masters)
        await rotate_keys(rotated, settings.mongo_url, "Ed25519", at_once=True)
        await other.start()
        await working
        await asyncio.gather(*(device.be_robbed() for device in devices))
    return count


async def _reached(count: Count, refreshes: int, working: asyncio.Future[list[None]]) -> None:
    while count.refreshes < refreshes and not working.done():
        await asyncio.sleep(0.01)


async def _client(settings: Settings, mongo_url: str) -> OAuthClient:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    wanted = ("--name", "App", "--redirect", REDIRECT, "--scope", SCOPE)
    return (await add_client(settings, mongo_url, parser.parse_args(wanted)))[0]


async def _register(url: str, users: int) -> list[str]:
    emails = [f"{new_id('test')}@example.org" for _ in range(users)]
    anonymous = RestClient(url)
    for email in emails:
        answer = await anonymous.register(email, PASSWORD, "Ann")
        assert answer.status == 202, msgspec.json.encode(answer)
    anonymous.close()
    return emails
