"""Letters that the service sends, and the wishes that they are written for.

A wish says what happened, and to which address; whoever carries it out finds out later whether the
address has an account.  So asking for a letter takes the same time whether or not it has one.
"""

import msgspec


class Mail(msgspec.Struct, frozen=True):
    """A mail in plain text."""

    to: str
    subject: str
    text: str


class MailRequest(msgspec.Struct, frozen=True, tag=True):
    """Something that the owner of an address has to be told.

    What a stranger could have chosen is in a letter as a name in quotes only
    (`models.account.quoting`), or strangers would have us carry their words.  The name of the class
    is kept with what waits in the outbox: a build knows what one before it wished by that alone.
    """

    to: str
