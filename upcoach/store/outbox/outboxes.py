"""The outboxes that a write may put something into."""

from typing import NamedTuple, Self

from models.base.clock import Clock
from upcoach.store.base.database import Database
from upcoach.store.outbox.mail_outbox import MailOutbox
from upcoach.store.outbox.push_outbox import PushOutbox
from upcoach.store.secrets.keyring import MasterKeys


class Outboxes(NamedTuple):
    """One for each road out of the house."""

    mail: MailOutbox
    push: PushOutbox

    @classmethod
    def of(cls, database: Database, masters: MasterKeys, clock: Clock) -> Self:
        """The outboxes in *database*."""
        return cls(MailOutbox(database, masters, clock), PushOutbox(database, masters, clock))
