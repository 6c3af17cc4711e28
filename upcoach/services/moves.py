"""Going by another address, once somebody who reads its mails agrees."""

import datetime as dt
from typing import Final

import msgspec

from models.documents import Session, User
from models.errors import Conflict, NotFound
from models.mail import Letter, Move, MoveAsked, Moved
from models.scope import Scope
from upcoach.services.directory import Directory
from upcoach.services.links import FORGOT, MOVE, Links, link_over
from upcoach.services.mail import Mail, letters
from upcoach.services.resources import outcome
from upcoach.services.verification import is_at
from upcoach.store.changes import Changes, Outcome, Ref, Taken, Write
from upcoach.store.committer import Committer
from upcoach.store.documents import Documents
from upcoach.store.once import Once

LIFE: Final = dt.timedelta(hours=24)
_PURPOSE: Final = "move"


class Moving(msgspec.Struct, frozen=True):
    """Who wants to go from which address to which, as long as nobody is locked out meanwhile.

    Attributes
    ----------
    session
        That in which they asked for it.
    lockouts
        `User.lockouts` when they did.

    """

    user: str
    old: str
    new: str
    session: str = ""
    lockouts: int = 0


class Moves:
    """Moves accounts from one address to another."""

    def __init__(
        self,
        documents: Documents,
        committer: Committer,
        directory: Directory,
        once: Once,
        mail: Mail,
        links: Links,
    ) -> None:
        self._documents = documents
        self._committer = committer
        self._directory = directory
        self._once = once
        self._mail = mail
        self._links = links
        mail.writes(Move, self._write)
        mail.writes(MoveAsked, self._write_asked)
        mail.writes(Moved, self._write_moved)

    async def ask(self, scope: Scope, email: str) -> None:
        """Mail a link to *email*, and a notice to the address that the caller has."""
        user = await self._documents.get(User, scope.user, scope.user)
        await self._mail.send(MoveAsked(user.email))
        await self._mail.send(Move(email, user.id, scope.session, user.lockouts))

    async def confirm(self, token: str) -> Outcome:
        """Take the link of *token* for consent; one that does not hold is `Invalid`."""
        found = await self._once.take(_PURPOSE, token, Moving)
        if found is None:
            raise link_over()
        moving, index = found, self._directory.index(found.new)

        def decide(changes: Changes) -> Outcome:
            before = changes.find(User, moving.user, moving.user)
            if before is None or not is_at(before, moving.old):
                raise link_over()
            # Who asked may have been a thief, whom the owner has locked out meanwhile.
            session = changes.find(*asked_in)
            if before.lockouts != moving.lockouts or (session and session.ended_at):
                raise link_over()
            after = before.moved(moving.new, index, changes.at)
            changes.update(before, after)
            return outcome("updated", after)

        asked_in = (Session, moving.user, moving.session)
        reads = (Ref(User, moving.user, moving.user), Ref(*asked_in))
        write = Write(scope=Scope(user=moving.user), reads=reads, decide=decide)
        try:
            done = await self._committer.submit(write)
        except Taken:
            raise Conflict("email_taken", "This address has an account by now.") from None
        await self._mail.send(Moved(moving.old))
        return done

    async def _write(self, wish: Move) -> Letter | None:
        there = await self._directory.find(wish.to)
        if there is not None and there.id != wish.user:
            return letters.move_impossible(there.email)
        try:
            user = await self._documents.get(User, wish.user, wish.user)
        except NotFound:
            return None
        moving = Moving(user.id, user.email, wish.to, wish.session, wish.lockouts)
        token = await self._once.keep(_PURPOSE, moving, LIFE)
        return letters.move(wish.to, self._links.to(MOVE, token))

    async def _write_asked(self, wish: MoveAsked) -> Letter:
        return letters.move_asked(wish.to, self._links.to(FORGOT))

    async def _write_moved(self, wish: Moved) -> Letter:
        return letters.moved(wish.to)
