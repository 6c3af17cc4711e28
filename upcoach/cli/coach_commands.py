"""Operators' commands for coaches: who waits for verification, and what is decided about them."""

import argparse
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from config.settings import Settings
from models.access.scope import Scope
from models.account import normalised_email
from models.audit import Action, AuditAction
from models.base.errors import NotFound
from models.base.validation import checked
from models.coaches import CoachProfile, RefusalReason
from upcoach.cli.operating import email_of, operating, said
from upcoach.node import connecting
from upcoach.node.app import Node
from upcoach.node.output import say
from upcoach.node.process.listener import StartError
from upcoach.services.audit.audit_signing import ADDRESS
from upcoach.store.collections.documents import Selection

MOST: Final = 100  # profiles that are listed


async def list_coaches(settings: Settings, _: argparse.Namespace) -> int:
    """List the coaches who wait for verification, the longest first."""
    async with (
        connecting.joined_urls(settings) as urls,
        operating(settings, *urls) as node,
    ):
        wanted = Selection(
            order="verification_since", where={"verification": "submitted"}, limit=MOST
        )
        waiting = await node.services.coaches.verification.page(wanted)
        lines = [await _described(node, profile) for profile in waiting]
    say("\n\n".join(lines) or "No coach waits for verification.")
    return 0


async def verify_coach(settings: Settings, arguments: argparse.Namespace) -> int:
    """Verify the profile of a coach, who is found from now on."""
    email = email_of(arguments)
    async with _one_coach(settings, email) as (node, profile):
        await node.services.coaches.verification.verify(profile.owner, profile.version)
        await _note(node, "coach.verified", email)
        words = await _described(node, profile)
    say(f"{words}\n\nThis is verified, and found by everybody.")
    return 0


async def decline_coach(settings: Settings, arguments: argparse.Namespace) -> int:
    """Decline the profile of a coach, or take its verification back."""
    email = email_of(arguments)
    text = said(arguments.reason, 'Say why, for the coach to read: REASON="…"')
    reason = checked({"reason": text}, RefusalReason).reason
    async with _one_coach(settings, email) as (node, profile):
        verification = node.services.coaches.verification
        refuse = verification.revoke if profile.is_found else verification.decline
        await refuse(profile.owner, profile.version, reason)
        await _note(node, "coach.revoked" if profile.is_found else "coach.declined", email)
    say(f"The profile of {email} is declined; they can mend it and submit it again.")
    return 0


COMMANDS: Final = {
    "coaches": list_coaches,
    "coach-verify": verify_coach,
    "coach-decline": decline_coach,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the argument of these commands."""
    parser.add_argument("--reason", default="", help="coach-decline: why, for the coach to read")


@contextlib.asynccontextmanager
async def _one_coach(settings: Settings, email: str) -> AsyncIterator[tuple[Node, CoachProfile]]:
    """A node, and the profile of the coach with the address *email*."""
    async with (
        connecting.joined_urls(settings) as urls,
        operating(settings, *urls) as node,
    ):
        user = await node.services.account.accounts.find(email)
        try:
            profile = await node.services.coaches.verification.get(user.id)
        except NotFound:
            raise StartError(f"{email} has submitted no profile as a coach.") from None
        yield node, profile


async def _note(node: Node, action: Action, email: str) -> None:
    target = ADDRESS + normalised_email(email)
    await node.services.audit.log.note(AuditAction(action=action, kind="system", target=target))


async def _described(node: Node, profile: CoachProfile) -> str:
    """Whose *profile* it is, and what has to be compared with papers."""
    user = await node.services.account.accounts.me(Scope(user=profile.owner))
    certificates = [f"{one.name}, {one.issuer}, {one.year}" for one in profile.certificates]
    rows = {
        "address": user["email"],
        "name": profile.display_name,
        "title": profile.title or "-",
        "certificates": "; ".join(certificates) or "-",
        "since": f"{profile.verification_since:%Y-%m-%d %H:%M} UTC",
    }
    return "\n".join(f"{name:<12}  {text}" for name, text in rows.items())
