"""Announcements: a write that adds to an account requests the mail about it, and both are kept."""

from models.access.scope import Scope
from models.account import AccessMethodAddedMail, Addition, User, WayName
from models.base.document import Document
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.refs import Ref


def caller_ref(scope: Scope) -> Ref:
    """What a write that announces has to read: the caller's account."""
    return Ref(User, scope.user, scope.user)


def announce(changes: WriteContext, scope: Scope, added: Addition) -> None:
    """Mail the caller about what the write of *changes* has *added* to their account."""
    user = changes.get(User, scope.user, scope.user)
    changes.send_mail(AccessMethodAddedMail(user.email, user.id, scope.session, added))


def announce_document(
    changes: WriteContext, scope: Scope, way: WayName, document: Document
) -> None:
    """Mail the caller about a *document* that is new, or shows more than before."""
    announce(changes, scope, Addition(way=way, id=document.id, since=document.updated_at))
