"""The mail outbox: requests for mails, kept until a mail server has taken their mails."""

from functools import reduce
from operator import or_
from typing import Final

from msgspec.msgpack import Decoder

from models.base.clock import Clock
from models.base.messages.mail import MailRequest
from models.contexts import MAILS
from upcoach.store.base.database import Database
from upcoach.store.base.indexes import Index
from upcoach.store.outbox.outbox import Outbox, OutboxForm
from upcoach.store.secrets.keyring import MasterKeys

_FORM: Final[OutboxForm[MailRequest]] = OutboxForm(
    collection="outbox",
    id_prefix="let",
    purpose=b"upcoach outbox",
    requests=Decoder(reduce(or_, MAILS)),
    indexes=(Index(name="can_wait", keys=("can_wait", "at")),),
    can_wait=lambda request: request.can_wait,
)
COLLECTIONS: Final = (_FORM.spec,)


class MailOutbox(Outbox[MailRequest]):
    """The requests for mails."""

    def __init__(self, database: Database, masters: MasterKeys, clock: Clock) -> None:
        super().__init__(database, masters, clock, _FORM)
