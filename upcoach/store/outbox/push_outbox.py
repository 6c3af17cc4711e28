"""The push outbox: requests for pushes, kept until a push service has taken them."""

from typing import Final

from msgspec.msgpack import Decoder

from models.base.clock import Clock
from models.base.messages.push import PushRequest
from upcoach.store.base.database import Database
from upcoach.store.base.indexes import Index
from upcoach.store.outbox.outbox import Outbox, OutboxForm
from upcoach.store.secrets.keyring import MasterKeys

_FORM: Final[OutboxForm[PushRequest]] = OutboxForm(
    collection="push_outbox",
    id_prefix="psh",
    purpose=b"upcoach push outbox",
    requests=Decoder(PushRequest),
    indexes=(Index(name="first", keys=("at",), partial={"tries": 0}),),
)
COLLECTIONS: Final = (_FORM.spec,)


class PushOutbox(Outbox[PushRequest]):
    """The requests for pushes."""

    def __init__(self, database: Database, masters: MasterKeys, clock: Clock) -> None:
        super().__init__(database, masters, clock, _FORM)
