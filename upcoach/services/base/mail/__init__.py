"""Mails: requests are kept in the outbox, written when their turn comes, and carried to a server.

`mailer` keeps the outbox going, `texts` has the words, `html_part` makes of them what most people
see, `carriers` are the two ways out, `report_tokens` and `report_parser` are for what comes back
about a mail.  What a request needs to be written, such as a link that holds for a while
(`mail_links`), is the affair of the service that knows: it is made when the mail is, so it holds
for as long as the mail says.
"""

from upcoach.services.base.mail.mail_folder import MailFolder
from upcoach.services.base.mail.mailer import Mailer
from upcoach.services.base.mail.smtp import Smtp

__all__ = ["MailFolder", "Mailer", "Smtp"]
