"""What the replies of mail servers say about whether anybody is at an address."""

import time
from typing import Final

import pytest

from upcoach.services.base.mail.reply_codes import READ, refuses_mailbox

SOON_S: Final = 0.5  # many times what a reply takes


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (550, "5.1.1 nobody here"),
        (550, "5.4.1 Recipient address rejected: Access denied"),
        (554, "5.1.1 nobody here"),
        (550, "<ann@example.org>: 5.1.1 nobody here"),
        (550, "[1.2.3.4]: #5.1.10 nobody here"),
        (553, "sorry, no mailbox here by that name. (#5.1.1)"),
        (550, "5.0.0 refused: 5.1.1 nobody here"),
        (550, "<ann@example.org>... User unknown"),
        (550, "5.1.0 Address rejected: no such user"),
        (553, "5.0.0 Invalid recipient"),
        (551, "User not local: NO SUCH USER"),
        (556, "The domain does not exist"),
        (550, "The account ann@example.org\ndoes  not\nexist"),
        (550, "Requested action not taken: mailbox unavailable"),
        (550, "Recipient address rejected: Unknown in relay table"),
        (550, "This account is disabled"),
        (550, "Exim 4.94.2: unknown user"),
    ],
)
def test_a_recipient_is_refused_because_nobody_is_there(reply: int, words: str) -> None:
    assert refuses_mailbox(reply, words, is_of_recipient=True)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (550, "Administrative prohibition"),
        (554, "Service unavailable; Client host [1.2.3.4] blocked using zen.spamhaus.org"),
        (571, "Delivery not authorized, message refused"),
        (550, "[1.2.3.4]: 5.7.1 blocked"),
        (550, "[5.1.1.4] is on our list"),
        (550, "5.1.0 <coach@example.org> sender rejected"),
        (550, "5.1.0 Address rejected"),
        (550, "no"),
        (550, ""),
        (553, "5.0.0 nobody here"),
        (554, "5.7.1 relay access denied"),
        (550, "<ann@example.org>: 5.7.1 no such user, for you"),
        (550, "5.1.8 your domain does not exist"),
        (550, "Your domain does not exist"),
        (550, "Sender address rejected: User unknown"),
        (550, "Response: 550 No such user here\nSender verify failed"),
        (550, "mailbox unavailable: invalid DNS MX or A/AAAA resource record"),
        (550, "mailbox unavailable: rejected by a policy"),
        (552, "full, or user unknown"),
        (554, "user unknown"),
        (571, "user unknown"),
        (530, "log in first"),
        (450, "5.1.1 later"),
        (450, "user unknown"),
        (550, "x" * READ + " 5.1.1 user unknown"),
    ],
)
def test_a_recipient_is_refused_for_something_else(reply: int, words: str) -> None:
    assert not refuses_mailbox(reply, words, is_of_recipient=True)


@pytest.mark.parametrize(
    ("reply", "words", "is_gone"),
    [
        (550, "user unknown", False),
        (550, "5.1.0 user unknown", False),
        (550, "5.1.1 nobody here", True),
        (550, "it is for ann: 5.2.1 disabled", True),
        (550, "5.2.2 full", False),
        (554, "5.7.1 spam", False),
        (554, "5.1.1.7 is on our list", False),
    ],
)
def test_a_message_is_refused_for_the_mailbox_where_a_code_says_so(
    reply: int, words: str, *, is_gone: bool
) -> None:
    assert refuses_mailbox(reply, words, is_of_recipient=False) is is_gone


@pytest.mark.parametrize("part", ["5.", "5.1.", "1", " ", "user ", "#5.1.0", "-;"])
def test_no_reply_takes_long(part: str) -> None:
    began = time.process_time()

    is_gone = refuses_mailbox(550, part * 1_000_000, is_of_recipient=True)

    assert time.process_time() - began < SOON_S
    assert not is_gone
