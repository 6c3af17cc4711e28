"""The end of every way in: a session, or the question for a second factor."""

import datetime as dt

import msgspec

from models.documents import User
from models.documents.session import Terms
from upcoach.services.sessions import Login, Sessions
from upcoach.store.changes import Outcome


class Challenge(msgspec.Struct, frozen=True):
    """What somebody is asked who has shown one factor and has enrolled a second.

    Attributes
    ----------
    challenge
        The name of the login that waits, until *expires_at*.
    methods
        The factors that it can be answered with, the one that is used most first.

    """

    challenge: str
    methods: tuple[str, ...]
    expires_at: dt.datetime


LoggedIn = tuple[Login, Outcome]


class Logins:
    """Lets users in, whichever way they came: by password, link, passkey or provider."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def finish(self, user: User, terms: Terms) -> LoggedIn | Challenge:
        """Let *user* in, who has shown what *terms* say."""
        return await self._sessions.start(user.id, terms)
