"""Announcements: a write that adds to an account requests the mail about it, and both are kept."""

from collections.abc import Callable

from models.access.scope import Scope
from models.account import AccessMethodAddedMail, Addition, User, WayName
from models.base.document import Document
from models.base.messages.mail import MailRequest
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.refs import Ref


def caller_ref(scope: Scope) -> Ref:
    """What a write that announces has to read: the caller's account."""
    return Ref(User, scope.user, scope.user)


def announce(changes: WriteContext, scope: Scope, added: Addition) -> None:
    """Mail the caller about what the write of *changes* has *added* to their account."""
    user = changes.get(User, scope.user, scope.user)
    changes.send_mail(AccessMethodAddedMail(user.email, user.id, scope.session, added))


def announce_removal(
    changes: WriteContext, scope: Scope, mail_to: Callable[[str], MailRequest]
) -> None:
    """Mail the caller about what the write of *changes* takes away.

    It is taken away even where nobody can read whom to mail: whoever has it must not keep it.
    """
    user = changes.find(User, scope.user, scope.user)
    if user is not None:
        changes.send_mail(mail_to(user.email))


def announce_document(
    changes: WriteContext,
    scope: Scope,
    way: WayName,
    document: Document,
    *,
    is_narrowed: bool = False,
    by_operator: bool = False,
) -> None:
    """Mail the caller about a *document* that is new, or shows something else than before.

    One that *is_narrowed* shows less: it does even where nobody can read whom to mail.
    """
    if is_narrowed and changes.find(*caller_ref(scope)) is None:
        return
    added = Addition(way=way, id=document.id, since=document.updated_at, by_operator=by_operator)
    announce(changes, scope, added)
