"""People with second factors, and what their apps and devices do."""

import datetime as dt
from typing import Final

import pyotp

from models.account.factors import FACTORS, Factors
from models.base.ids import new_id
from models.base.merge_patch import Json
from tests.support.people.mail import confirm
from tests.support.server import PASSWORD, Server
from tests.support.wire.answers import done
from upcoach.client import Response, RestClient
from upcoach.store.base.codec import key_of

CHALLENGE: Final = "/v1/auth/challenge"
LOGIN: Final = "/v1/auth/login"
STEP_UP: Final = "/v1/auth/step-up"
ENROL, CONFIRM = "/v1/auth/totp/enrol", "/v1/auth/totp/confirm"
SESSIONS: Final = "/v1/auth/sessions"
FACTORS_PATH: Final = "/v1/auth/factors"
STEP_S: Final = 30


class AccountHolder:
    """Somebody with an account.

    Attributes
    ----------
    client
        Where they are logged in.
    app
        What makes their codes.
    codes
        Their recovery codes, as they were shown.
    shown
        The code with which the app was enrolled.

    """

    def __init__(self, server: Server, email: str, client: RestClient, user: str) -> None:
        self.server = server
        self.email = email
        self.client = client
        self.user = user
        self.app = pyotp.TOTP(pyotp.random_base32())
        self.codes: list[str] = []
        self.shown = ""

    @classmethod
    async def new(cls, server: Server) -> "AccountHolder":
        """Somebody new, logged in, with a password only."""
        email = f"{new_id('test')}@example.org"
        anonymous = server.client()
        assert (await anonymous.register(email, PASSWORD, "Test Person")).status < 300
        client = server.client((await anonymous.log_in(email, PASSWORD, "phone")).token)
        me = await done(client.call("GET", "/v1/me"))
        return cls(server, email, client, me.body["id"])

    @classmethod
    async def enrolled(cls, server: Server) -> "AccountHolder":
        """Somebody new with an app that makes codes, none of which was used since it came."""
        person = await cls.new(server)
        await person.enrol()
        await person.forget_step()
        return person

    async def confirm(self) -> None:
        """Follow the link by which they confirm what they have just added."""
        await confirm(self.server, self.email)

    async def enrol(self, *, confirmed: bool = True) -> Response:
        """Enrol an app, which counts at once if it is *confirmed*."""
        offered = await done(self.client.call("POST", ENROL))
        self.app = pyotp.TOTP(offered.body["secret"])
        self.shown = self.code()
        given = {"enrolment": offered.body["enrolment"], "code": self.shown}
        answer = await done(self.client.call("POST", CONFIRM, given))
        self.codes = answer.body["recovery_codes"] or self.codes
        if confirmed:
            await self.confirm()
        return answer

    async def forget_step(self) -> None:
        """As if no code had been used for long: tests do not wait for the next."""
        stored = {"_id": key_of(self.user, FACTORS)}
        factors = self.server.node.database[Factors.collection]
        await factors.update_one(stored, {"$set": {"totp_step": 1}})

    def code(self, steps: int = 0) -> str:
        """The code of now, or of some *steps* later."""
        now = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=steps * STEP_S)
        return self.app.at(now)

    async def log_in(self, **more: str) -> Response:
        """Log in with the password."""
        given = {"email": self.email, "password": PASSWORD, "device": "tablet"} | more
        return await self.server.client().call("POST", LOGIN, given)

    async def challenge(self) -> str:
        """The name of a login that waits for a second factor."""
        answer = await self.log_in()
        assert answer.status == 200, answer
        name: str = answer.body["challenge"]
        return name

    async def answer(self, challenge: str, **factor: object) -> Response:
        """Answer a challenge."""
        given: Json = {"challenge": challenge} | factor
        return await self.server.client().call("POST", CHALLENGE, given)

    async def step_up(self, **factor: object) -> Response:
        """Show a factor again, and go on with the token that says so."""
        answer = await self.client.call("POST", STEP_UP, factor)
        if answer.status == 200:
            self.client.token = answer.body["token"]
        return answer
