"""Passwords: changing one's own, and resetting one that is forgotten."""

from handlers.http.operations import Call, Operation, Reply, owner_scope
from models.account.user import EmailAddress, NewPassword, PasswordReset
from upcoach.services.account import AccountServices


def check_email_address(call: Call) -> None:
    """Refuse what is no address."""
    call.read(EmailAddress)


async def change(services: AccountServices, call: Call) -> Reply:
    """Change the caller's password; all other sessions end."""
    await services.password_changes.change(call.scope, call.read(NewPassword))
    return Reply(status=204)


async def request_reset(services: AccountServices, call: Call) -> Reply:
    """Request a password reset: a link is mailed, if the address has an account."""
    email = call.read(EmailAddress).email
    await services.password_resets.ask(email)
    return Reply(status=202, body={"email": email})


async def reset(services: AccountServices, call: Call) -> Reply:
    """Reset the password with the token that was mailed; all sessions end."""
    done = await services.password_resets.finish(call.read(PasswordReset))
    return Reply(status=204, acted_as=owner_scope(done))


CHANGE = Operation(
    method="POST",
    path="/v1/auth/password/change",
    run=change,
    needs="account:write",
    body="json",
    takes=NewPassword,
    refusals=(409, 429),
    audit="password.changed",
    limit="factor",
)
REQUEST_RESET = Operation(
    method="POST",
    path="/v1/auth/password/forgot",
    run=request_reset,
    body="json",
    takes=EmailAddress,
    check=check_email_address,
    gives=EmailAddress,
    public=True,
    statuses=(202,),
    audit="password.forgotten",
    limit="reset",
)
RESET = Operation(
    method="POST",
    path="/v1/auth/password/reset",
    run=reset,
    body="json",
    takes=PasswordReset,
    public=True,
    audit="password.reset",
    limit="factor",
)
OPERATIONS = (
    CHANGE,
    REQUEST_RESET,
    RESET,
)
