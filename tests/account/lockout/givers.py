"""What can be given: how it is begun, how it is got, and whether it still holds."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

import msgspec

from models.account import Identity, Passkey
from models.account.factors import ChallengeAnswer
from models.account.identity import NewIdentity
from models.account.session import SessionTerms
from models.account.user import Registration
from models.base.errors import Refusal
from models.base.ids import new_id
from tests.account.federation.providers import nonce_of
from tests.account.lockout import app_givers
from tests.account.lockout.holding import Finish, Holds, any_is_answered, tokens_hold
from tests.account.lockout.stage import STRONG, Victim, start, stays
from tests.account.lockout.takers import (
    ALL,
    CHANGED,
    CLAIMED,
    GRANT_TAKEN_BACK,
    LOCKOUTS,
    MOVED,
    ONE_ENDED,
    RESET,
    REVOKED,
)
from tests.support.people.addresses import CONFIRM, MOVE, VERIFY
from tests.support.people.authenticator import Authenticator
from tests.support.people.enrolling import STEP_UP
from tests.support.people.mail import newest, token_in
from tests.support.people.passkeys import ORIGIN, PASSKEYS, options
from tests.support.people.passwords import FORGOT, NEW
from tests.support.people.passwords import RESET as RESET_PATH
from tests.support.people.relations import INVITATIONS, accept
from tests.support.server import PASSWORD
from tests.support.wire.event_streams import reading
from tests.support.wire.relying import Browser
from tests.support.wire.sockets import calling, hello
from tests.support.wire.tickets import ticket_of
from upcoach.client import RestClient
from upcoach.services.account.factors.passkeys import NewPasskey
from upcoach.services.account.login.logins import Challenge
from upcoach.store.base.codec import key_of

Begin = Callable[[Victim], Awaitable[Finish]]


class Giver(NamedTuple):
    """Something that can be given.

    Attributes
    ----------
    ends
        Which takers end it, whenever it was got.
    stops
        Which takers see to it that it is not got any more where it was only begun before.
    most
        How many of it an account can have.

    """

    name: str
    begin: Begin
    ends: frozenset[str]
    stops: frozenset[str]
    most: int = 20


async def _login(victim: Victim) -> Finish:
    """A login whose password was found to be right."""
    logins = [server.node.services.account.logins for server in victim.stage.nodes]
    user = await logins[0].user(victim.user)
    terms = SessionTerms(device="tv", acr=2, amr=STRONG)

    async def finish(at: int) -> Holds | None:
        found = await logins[at % 2].finish(user, terms)
        assert not isinstance(found, Challenge)
        return tokens_hold(victim, found[0].token, found[0].refresh_token)

    return finish


async def _second_factor(victim: Victim, *, is_trusted: bool = False) -> Finish:
    """A login that waits for a second factor; with it comes a trusted device."""
    logins = [server.node.services.account.logins for server in victim.stage.nodes]
    asked = await logins[0].challenge(await logins[0].user(victim.user), SessionTerms(device="tv"))
    assert asked is not None
    code = victim.person.codes.pop()
    answer = ChallengeAnswer(challenge=asked.challenge, recovery_code=code, trust_device=is_trusted)

    async def finish(at: int) -> Holds | None:
        given = await logins[at % 2].answer(answer)
        if not is_trusted:
            return tokens_hold(victim, given.login.token, given.login.refresh_token)
        return functools.partial(_is_trusted, victim, given.trusted)

    return finish


async def _is_trusted(victim: Victim, shown: str) -> bool:
    factors = victim.stage.nodes[1].node.services.account.factors
    return await factors.trusted.admits(await factors.of(victim.user), shown)


async def _passkey(victim: Victim) -> Finish:
    """A passkey that the intruder is about to add: the request was let in, and waits."""
    made = Authenticator(ORIGIN).make(await options(victim.intruder, PASSKEYS))
    new = msgspec.convert({"name": "Phone", "credential": made}, NewPasskey)

    async def finish(at: int) -> Holds | None:
        passkeys = victim.stage.node(at).node.services.account.factors.passkeys
        passkey, _ = await passkeys.register(victim.scope, new)
        found = {"_id": key_of(victim.user, passkey.id)}
        kept = victim.stage.nodes[0].node.database[Passkey.collection]
        return lambda: _counts(kept.count_documents(found))

    return finish


async def _identity(victim: Victim) -> Finish:
    """A provider that the intruder is about to link: the request was let in, and waits."""
    nonce = await nonce_of(victim.stage.nodes[0])
    token = victim.stage.provider.token(nonce=nonce, sub=new_id("sub"), email="eve@gmail.test")
    wanted = NewIdentity(provider="google", id_token=token, nonce=nonce)

    async def finish(at: int) -> Holds | None:
        federation = victim.stage.node(at).node.services.account.federation
        outcome = await federation.link(victim.scope, wanted)
        assert outcome.body is not None
        found = {"_id": key_of(victim.user, outcome.body["id"])}
        kept = victim.stage.nodes[0].node.database[Identity.collection]
        return lambda: _counts(kept.count_documents(found))

    return finish


async def _counts(count: Awaitable[int]) -> bool:
    return await count > 0


async def _refresh(victim: Victim) -> Finish:
    """The refresh token of the intruder's device."""
    held = victim.intruder.refresh_token

    async def finish(at: int) -> Holds | None:
        client = victim.client(at, victim.intruder.token)
        client.refresh_token = held
        if not await client.refresh():
            return None
        return tokens_hold(victim, client.token, client.refresh_token)

    return finish


async def _step_up(victim: Victim) -> Finish:
    """A factor that the intruder is about to show again."""
    code = victim.person.codes.pop()

    async def finish(at: int) -> Holds | None:
        client = victim.client(at, victim.intruder.token)
        answer = await client.call("POST", STEP_UP, {"recovery_code": code})
        return None if answer.status >= 400 else tokens_hold(victim, answer.body["token"], "")

    return finish


async def _cookie(victim: Victim) -> Finish:
    """The cookie of the intruder's browser."""

    async def finish(at: int) -> Holds | None:
        window = Browser(victim.stage.node(at).url)
        victim.held.callback(window.close)
        window.cookies = dict(victim.browser.browser.cookies)
        if (await window.get("/v1/me")).status != 200:
            return None
        return lambda: stays(lambda: _is_known(window))

    return finish


async def _is_known(window: Browser) -> bool:
    return (await window.get("/v1/me")).status == 200


async def _stream(victim: Victim, *, by_ticket: bool = False) -> Finish:
    """A stream of events that the intruder is about to open."""
    ticket = f"?ticket={await ticket_of(victim.intruder)}" if by_ticket else ""
    token = "" if by_ticket else victim.intruder.token

    async def finish(at: int) -> Holds | None:
        opening = reading(victim.stage.node(at), f"/v1/events{ticket}", token)
        stream = await victim.held.enter_async_context(opening)
        if stream.status != 200:
            return None
        ended = asyncio.create_task(stream.rest())
        victim.held.callback(ended.cancel)
        return lambda: stays(lambda: _is_open(ended))

    return finish


async def _socket(victim: Victim) -> Finish:
    """A socket that the intruder is about to open."""

    async def finish(at: int) -> Holds | None:
        wire = await victim.held.enter_async_context(calling(victim.stage.node(at)))
        await wire.send(hello(victim.intruder, {"f": "u:me"}))
        ended = asyncio.create_task(wire.closed())
        victim.held.callback(ended.cancel)
        return lambda: stays(lambda: _is_open(ended))

    return finish


async def _wait(victim: Victim) -> Finish:
    """A request that waits for what comes next."""

    async def finish(at: int) -> Holds | None:
        client = victim.client(at, victim.intruder.token)
        ended = asyncio.create_task(client.call("GET", "/v1/events?since=now&wait=30"))
        victim.held.callback(ended.cancel)
        return lambda: stays(lambda: _is_open(ended))

    return finish


async def _is_open(ended: asyncio.Task[Any]) -> bool:
    return not ended.done()


async def _move(victim: Victim) -> Finish:
    """A link that moves the account to an address of the intruder's."""
    to = f"{new_id('eve')}@example.org"
    assert (await victim.intruder.call("POST", MOVE, {"email": to})).status == 202
    body = {"token": token_in(await newest(victim.stage.nodes[0], to))}

    async def finish(at: int) -> Holds | None:
        return lambda: _is_taken(victim.client(at, ""), CONFIRM, body)

    return finish


async def _invitation(victim: Victim) -> Finish:
    """An invitation that the intruder is about to make."""
    visitor, _ = await start(victim.stage.nodes[0], await _stranger(victim))

    async def finish(at: int) -> Holds | None:
        client = victim.client(at, victim.intruder.token)
        made = await client.call("POST", INVITATIONS, {"as": "client"})
        return (
            functools.partial(_is_open_to, visitor, made.body["code"])
            if made.status == 201
            else None
        )

    return finish


async def _stranger(victim: Victim) -> str:
    """The id of somebody whom nobody knows."""
    registration = Registration(email=f"{new_id('ben')}@example.org", password=PASSWORD, name="Ben")
    made = await victim.stage.nodes[0].node.services.account.accounts.create(registration)
    assert made.body is not None
    return str(made.body["id"])


async def _is_open_to(visitor: RestClient, code: str) -> bool:
    return (await accept(visitor, code)).status != 404


async def _page(victim: Victim) -> Finish:
    """The next page of a snapshot of which the intruder has the first."""
    first = await victim.intruder.call("GET", "/v1/snapshot?limit=1")
    path = first.headers["link"].partition(">")[0].removeprefix("<")

    async def finish(at: int) -> Holds | None:
        client = victim.client(at, victim.intruder.token)
        return lambda: stays(lambda: any_is_answered([client], path))

    return finish


async def _link(victim: Victim, path: str, ask: Callable[[Victim], Awaitable[None]]) -> Finish:
    """A link in a mail to the owner's address."""
    await ask(victim)
    body = {"token": token_in(await newest(victim.stage.nodes[0], victim.email))}
    body |= {"password": f"{NEW} 2"} if path == RESET_PATH else {}

    async def finish(at: int) -> Holds | None:
        return lambda: _is_taken(victim.client(at, ""), path, body)

    return finish


async def _ask_to_reset(victim: Victim) -> None:
    assert (await victim.client(0, "").call("POST", FORGOT, {"email": victim.email})).status == 202


async def _ask_to_verify(victim: Victim) -> None:
    assert (await victim.owner.call("POST", f"{VERIFY}/resend")).status == 202


async def _is_taken(client: RestClient, path: str, body: dict[str, str]) -> bool:
    return (await client.call("POST", path, body)).status == 204


async def refused(finish: Finish, at: int) -> Holds | None:
    """What is got, or None, whichever way it was refused."""
    try:
        return await finish(at)
    except Refusal:
        return None


SESSION: Final = LOCKOUTS | {ONE_ENDED}
SHUT_OUT: Final = frozenset({CLAIMED, RESET})
CONFIRMED: Final = LOCKOUTS - {CLAIMED}
GIVERS: Final = (
    # Of more than twenty sessions of our own apps the oldest ends, which is that of the owner.
    Giver("a login", _login, LOCKOUTS, LOCKOUTS | {MOVED}, 12),
    # At an address that is nobody's yet, no factor counts.
    Giver("a login that waits", _second_factor, CONFIRMED, CONFIRMED | {MOVED}, 1),
    Giver(
        "a trusted device",
        functools.partial(_second_factor, is_trusted=True),
        frozenset({RESET, REVOKED}),
        CONFIRMED | {MOVED},
        1,
    ),
    Giver("a passkey", _passkey, SHUT_OUT, SESSION, 2),
    Giver("a provider", _identity, SHUT_OUT, SESSION),
    Giver("a code", app_givers.code, LOCKOUTS | {GRANT_TAKEN_BACK}, ALL - {ONE_ENDED}),
    Giver(
        "a device's code", app_givers.device, LOCKOUTS | {GRANT_TAKEN_BACK}, ALL - {ONE_ENDED}, 2
    ),
    Giver("a consent", app_givers.consent, LOCKOUTS, LOCKOUTS),
    Giver(
        "an app",
        app_givers.app_refresh,
        LOCKOUTS | {GRANT_TAKEN_BACK},
        LOCKOUTS | {GRANT_TAKEN_BACK},
    ),
    Giver("a refresh token", _refresh, SESSION, SESSION, 1),
    Giver("a factor shown again", _step_up, SESSION - {CLAIMED}, SESSION - {CLAIMED}, 1),
    Giver("a cookie", _cookie, LOCKOUTS, LOCKOUTS, 1),
    Giver("a stream", _stream, SESSION, SESSION, 2),
    Giver("a ticket", functools.partial(_stream, by_ticket=True), SESSION, SESSION, 2),
    Giver("a socket", _socket, SESSION, SESSION, 2),
    Giver("a wait", _wait, SESSION, SESSION, 2),
    Giver("a page", _page, SESSION, SESSION, 2),
    Giver("an invitation", _invitation, LOCKOUTS, SESSION, 2),
    Giver("a move", _move, SESSION | {MOVED}, SESSION | {MOVED}),
    # Whoever reads the mails shows it when they follow the link: nobody inside can put it out.
    Giver(
        "a link to a new password",
        functools.partial(_link, path=RESET_PATH, ask=_ask_to_reset),
        SHUT_OUT | {CHANGED, MOVED},
        SHUT_OUT | {CHANGED, MOVED},
        1,
    ),
    Giver(
        "a link that verifies",
        functools.partial(_link, path=VERIFY, ask=_ask_to_verify),
        frozenset({MOVED}),
        frozenset({MOVED}),
        1,
    ),
)
