"""The e-mail address of an account: verifying it, and changing it.

And what is told of by mails to it: what was added to the account is confirmed, or disowned.
"""

from handlers.http.operations import Call, Operation, Reply, owner_scope
from models.account.user import EmailAddress, EmailChange, MailedToken
from upcoach.services.account import AccountServices


async def resend(services: AccountServices, call: Call) -> Reply:
    """Resend the mail with which the caller's address is verified."""
    email = await services.verification.ask(call.scope)
    return Reply(status=202, body={"email": email})


async def verify(services: AccountServices, call: Call) -> Reply:
    """Verify an address with the token that was mailed to it."""
    done = await services.verification.confirm(call.read(MailedToken).token)
    return Reply(status=204, acted_as=owner_scope(done))


async def change_email(services: AccountServices, call: Call) -> Reply:
    """Request a change of address, to be confirmed by a link mailed to the new one."""
    email = call.read(EmailChange).email
    await services.email_changes.ask(call.scope, email)
    return Reply(status=202, body={"email": email})


async def confirm_change(services: AccountServices, call: Call) -> Reply:
    """Confirm a change of address with the token that was mailed to the new one."""
    done = await services.email_changes.confirm(call.read(MailedToken).token)
    return Reply(status=204, acted_as=owner_scope(done))


async def undo_change(services: AccountServices, call: Call) -> Reply:
    """Undo a change of address with the token that was mailed to the old one."""
    done = await services.email_changes.undo(call.read(MailedToken).token)
    return Reply(status=204, acted_as=owner_scope(done))


async def confirm_addition(services: AccountServices, call: Call) -> Reply:
    """Confirm what was added to an account with the token of its mail."""
    done = await services.additions.confirm(call.read(MailedToken).token)
    return Reply(status=204, acted_as=owner_scope(done))


async def disown_addition(services: AccountServices, call: Call) -> Reply:
    """Disown what was added to an account: it is removed, and all else that is not confirmed."""
    done = await services.additions.disown(call.read(MailedToken).token)
    return Reply(status=204, acted_as=owner_scope(done))


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
    run=confirm_change,
    body="json",
    takes=MailedToken,
    public=True,
    refusals=(409,),
    audit="email.changed",
)
UNDO_CHANGE = Operation(
    method="POST",
    path="/v1/auth/email/undo",
    run=undo_change,
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
RESEND = Operation(
    method="POST",
    path="/v1/auth/verify-email/resend",
    run=resend,
    needs="account:write",
    gives=EmailAddress,
    statuses=(202,),
    limit="mail",
)
CHANGE_EMAIL = Operation(
    method="POST",
    path="/v1/auth/email",
    run=change_email,
    needs="account:write",
    body="json",
    takes=EmailChange,
    gives=EmailAddress,
    statuses=(202,),
    stepped_up=True,
    audit="email.asked",
    limit="mail",
)
OPERATIONS = (
    VERIFY,
    RESEND,
    CHANGE_EMAIL,
    CHANGE_ADDRESS,
    UNDO_CHANGE,
    CONFIRM_ADDITION,
    DISOWN_ADDITION,
)
