"""Mails: wishes are kept in the outbox, written when their turn comes, and carried to a server.

`service` keeps the outbox going, `letters` has the words, `carriers` the two ways out.  What a wish
needs to be written, such as a link that holds for a while, is the affair of the service that knows:
it is made when the letter is, so it holds for as long as the letter says.
"""

from upcoach.services.base.mail.carriers import MailFolder, Smtp
from upcoach.services.base.mail.mailer import Later, Mailer

__all__ = ["Later", "MailFolder", "Mailer", "Smtp"]
