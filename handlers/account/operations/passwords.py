"""Passwords: changing one's own, and choosing a new one when it is forgotten."""

from handlers.http.operations import Call, Operation, Reply, owned_by
from models.account.user import EmailAddress, NewPassword, PasswordReset
from upcoach.services.account import AccountServices


async def change(services: AccountServices, call: Call) -> Reply:
    """Change the caller's password; they stay logged in here, and nowhere else."""
    await services.new_passwords.change(call.scope, call.read(NewPassword))
    return Reply(status=204)


async def forget(services: AccountServices, call: Call) -> Reply:
    """Have a link to a new password mailed, if the address has an account."""
    email = call.read(EmailAddress).email
    await services.resets.ask(email)
    return Reply(status=202, body={"email": email})


async def reset(services: AccountServices, call: Call) -> Reply:
    """Choose a new password, with the token of the link that was mailed; every login ends."""
    done = await services.resets.finish(call.read(PasswordReset))
    return Reply(status=204, acted_as=owned_by(done))


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
FORGET = Operation(
    method="POST",
    path="/v1/auth/password/forgot",
    run=forget,
    body="json",
    takes=EmailAddress,
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
    FORGET,
    RESET,
)
