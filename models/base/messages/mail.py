"""Mails that the service sends, and the requests that they are written for.

A request says what happened, and to which address; whoever writes the mail finds out later whether
the address has an account.  So a request takes the same time whether or not it has one.
"""

import msgspec


class Mail(msgspec.Struct, frozen=True):
    """A mail as a text, from which its HTML is made.

    Attributes
    ----------
    lang
        The language of its words (BCP 47).
    button
        What a link of its own paragraph says that leads to none of the pages of the account.
    unsubscribe
        The URL that one POST stops mails of this kind with (RFC 8058); empty where none can.
    subscriber
        The id of whom it notifies: a bounce or a complaint stops their notifications by mail.
        Empty for mails of the account itself, which are always tried.
    report_token
        What reports about it are attributed by; the mailer adds it where there is a *subscriber*.

    """

    to: str
    subject: str
    text: str
    lang: str = "en"
    button: str = ""
    unsubscribe: str = ""
    subscriber: str = ""
    report_token: str = ""


class MailRequest(msgspec.Struct, frozen=True, tag=True):
    """A request for a mail: what the owner of an address has to be told.

    What a stranger could have chosen is in a mail as a name in quotes only
    (`models.account.quoting`), or strangers would have us carry their words.  The name of the class
    is kept with what waits in the outbox: a build knows what one before it asked for by that alone.
    """

    to: str

    @property
    def can_wait(self) -> bool:
        """Whether it is sent behind all that cannot: behind links that somebody waits for."""
        return False
