"""The address of an account: showing that it is one's own, and going by another.

And what is told of by mails to it: somebody says that what was added is theirs, or is not.
"""

from handlers.http.operations import Call, Operation, Reply, owned_by
from models.account.user import EmailAddress, MailedToken
from upcoach.services.account import AccountServices


async def ask_again(services: AccountServices, call: Call) -> Reply:
    """Have another link mailed that shows that the caller's address is theirs."""
    email = await services.verification.ask(call.scope)
    return Reply(status=202, body={"email": email})


async def verify(services: AccountServices, call: Call) -> Reply:
    """Show that an address is one's own, with the token of the link that was mailed to it."""
    done = await services.verification.confirm(call.read(MailedToken).token)
    return Reply(status=204, acted_as=owned_by(done))


async def move(services: AccountServices, call: Call) -> Reply:
    """Go by another address, once the link is followed that is mailed to it."""
    email = call.read(EmailAddress).email
    await services.moves.ask(call.scope, email)
    return Reply(status=202, body={"email": email})


async def confirm(services: AccountServices, call: Call) -> Reply:
    """Go by the address from now on to which the link with this token was mailed."""
    done = await services.moves.confirm(call.read(MailedToken).token)
    return Reply(status=204, acted_as=owned_by(done))


async def undo(services: AccountServices, call: Call) -> Reply:
    """Go by the address again that was left, with the token of the link that was mailed to it."""
    done = await services.moves.undo(call.read(MailedToken).token)
    return Reply(status=204, acted_as=owned_by(done))


async def confirm_addition(services: AccountServices, call: Call) -> Reply:
    """Say that what was added to one's account is one's own, with the token of its mail."""
    done = await services.additions.confirm(call.read(MailedToken).token)
    return Reply(status=204, acted_as=owned_by(done))


async def disown_addition(services: AccountServices, call: Call) -> Reply:
    """Have removed what was added to one's account, and all else that nobody has confirmed."""
    done = await services.additions.disown(call.read(MailedToken).token)
    return Reply(status=204, acted_as=owned_by(done))


VERIFY = Operation(
    method="POST",
    path="/v1/auth/verify-email",
    run=verify,
    body="json",
    takes=MailedToken,
    public=True,
    audit="email.verified",
)
CHANGE_ADDRESS = Operation(
    method="POST",
    path="/v1/auth/email/confirm",
    run=confirm,
    body="json",
    takes=MailedToken,
    public=True,
    refusals=(409,),
    audit="email.changed",
)
UNDO_CHANGE = Operation(
    method="POST",
    path="/v1/auth/email/undo",
    run=undo,
    body="json",
    takes=MailedToken,
    public=True,
    refusals=(409,),
    audit="email.returned",
)
CONFIRM_ADDITION = Operation(
    method="POST",
    path="/v1/auth/additions/confirm",
    run=confirm_addition,
    body="json",
    takes=MailedToken,
    public=True,
    audit="addition.confirmed",
)
DISOWN_ADDITION = Operation(
    method="POST",
    path="/v1/auth/additions/disown",
    run=disown_addition,
    body="json",
    takes=MailedToken,
    public=True,
    audit="addition.disowned",
)
OPERATIONS = (
    VERIFY,
    Operation(
        method="POST",
        path="/v1/auth/verify-email/resend",
        run=ask_again,
        needs="account:write",
        gives=EmailAddress,
        statuses=(202,),
        limit="mail",
    ),
    Operation(
        method="POST",
        path="/v1/auth/email",
        run=move,
        needs="account:write",
        body="json",
        takes=EmailAddress,
        gives=EmailAddress,
        statuses=(202,),
        stepped_up=True,
        audit="email.asked",
        limit="mail",
    ),
    CHANGE_ADDRESS,
    UNDO_CHANGE,
    CONFIRM_ADDITION,
    DISOWN_ADDITION,
)
