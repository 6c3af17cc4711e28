"""The texts of all mails."""

from typing import Final

from models.account import Addition, AdditionDetails, FactorChange, PasswordOrigin, quoted
from models.base.messages.mail import Mail
from models.webhooks import DisabledReason
from upcoach.services.base.mail import addition_words

_END: Final = "\n\nThe UpCoach team\n"
_BY_YOU: Final = ("This was me", "This was not me")
_FOR_YOU: Final = ("I asked for this", "I did not ask for this")
_NOT_YOU: Final = "If this was not you, choose a new password now. It logs out every device:\n\n"


def verification(to: str, link: str) -> Mail:
    """The link that shows whose the address is."""
    return _letter(
        to,
        "Is this your address?",
        "Somebody, most likely you, created an UpCoach account with this address. If it was you, "
        f"confirm the address with this link within 24 hours:\n\n{link}\n\n"
        "If it was not you, you can ignore this message: the address is not confirmed.",
    )


def already_there(to: str, link: str) -> Mail:
    """The answer to whoever registers twice."""
    return _letter(
        to,
        "You already have an account",
        "Somebody, most likely you, tried to create an UpCoach account with this address. There is "
        "one already, and nothing about it has changed. If it is yours, log in. If you forgot the "
        f"password, choose a new one:\n\n{link}",
    )


def reset(to: str, link: str) -> Mail:
    """The link to a new password."""
    return _letter(
        to,
        "Choose a new password",
        "Somebody, most likely you, asked to reset the password of your UpCoach account. Choose a "
        f"new one with this link, which works once, for 15 minutes:\n\n{link}\n\n"
        "If it was not you, you can ignore this message: your password stays the same.",
    )


_OTHER_READER: Final = (
    "You are logged out on all devices.\n\nIf that was you, there is nothing to do. If it was "
    "not you, somebody else can read your email: change the password of your mailbox first. Then "
    "choose another one here, which logs out every device:\n\n"
)
_NEW_PASSWORDS: Final[dict[PasswordOrigin | None, tuple[str, str]]] = {
    "changed": (
        "Your password was changed",
        (
            "The password of your UpCoach account was changed by somebody who was logged in and "
            "knew the old one. All other devices are logged out.\n\nIf that was you, there is "
            "nothing to do. If it was not you, choose another password now. It logs out every "
            "device:\n\n"
        ),
    ),
    "reset": (
        "Your password was reset",
        (
            "A new password was chosen for your UpCoach account, with a link that we emailed to "
            f"this address. {_OTHER_READER}"
        ),
    ),
    "first": (
        "Your account now has a password",
        (
            "Your UpCoach account had no password. One was chosen for it, with a link that we "
            f"emailed to this address. {_OTHER_READER}"
        ),
    ),
    None: (
        "Your password was changed",
        (
            "Your UpCoach account has a new password.\n\nIf you chose it, there is nothing to do. "
            "If it was not you, choose another one now. It logs out every device:\n\n"
        ),
    ),
}


def password_changed(to: str, origin: PasswordOrigin | None, link: str) -> Mail:
    """The notice of a new password; its *origin* says what to do if somebody else chose it."""
    subject, words = _NEW_PASSWORDS[origin]
    return _letter(to, subject, f"{words}{link}")


def email_change(to: str, link: str) -> Mail:
    """The link that moves an account to a new address."""
    return _letter(
        to,
        "Is this your new address?",
        "Somebody, most likely you, wants to use this address for their UpCoach account. If it was "
        f"you, confirm it with this link within 24 hours:\n\n{link}\n\n"
        "If it was not you, you can ignore this message.",
    )


def email_change_impossible(to: str) -> Mail:
    """The answer to whoever wants to move to an address that has an account."""
    return _letter(
        to,
        "This address already has an account",
        "Somebody, most likely you, tried to use this address for another UpCoach account. It "
        "already has one, so nothing was changed.",
    )


def email_change_asked(to: str, link: str) -> Mail:
    """The notice to the address that is to be left."""
    return _letter(
        to,
        "Your address is about to be changed",
        f"Your UpCoach account is about to change to another address. {_NOT_YOU}{link}",
    )


def email_changed(to: str, link: str) -> Mail:
    """The notice to the address that was left."""
    return _letter(
        to,
        "Your address was changed",
        "Your UpCoach account now has another address. If this was not you, undo the change within "
        "7 days. Your account gets this address back, all devices are logged out, and whatever was "
        f"added since is removed:\n\n{link}",
    )


def email_change_undone(to: str, link: str) -> Mail:
    """The notice to the address that an account has come back to."""
    return _letter(
        to,
        "Your account has its old address back",
        "Your UpCoach account has this address again, as somebody who reads its email has asked "
        "for. All devices are logged out, and the old password no longer works. Choose a new one, "
        f"if you have not yet:\n\n{link}",
    )


def address_lost(to: str) -> Mail:
    """The notice to the address that an account went by before it came back."""
    return _letter(
        to,
        "This address no longer belongs to your account",
        "An UpCoach account had this address and no longer does: somebody who reads the email of "
        "its previous address has undone the change. All devices are logged out. If it was you who "
        "changed it, log in with the previous address.",
    )


def provider_linked(to: str, provider: str, link: str) -> Mail:
    """The notice to whoever has made an account theirs through a provider."""
    return _letter(
        to,
        f"You can log in with {provider}",
        f"You can log in to your UpCoach account with {provider} from now on. {_NOT_YOU}{link}\n\n"
        f"Then remove {provider} from your account: a new password alone does not.",
    )


def access_method_added(
    to: str, added: Addition, details: AdditionDetails, confirm: str, disown: str, forgot: str
) -> Mail:
    """The notice of something that opens the account, or lets something out of it."""
    yes, no = _FOR_YOU if added.by_operator else _BY_YOU
    stolen = (
        "\n\nIf this was not you, somebody knows your password. Choose a new one. It logs out "
        f"every device:\n\n{forgot}"
    )
    rest = "" if added.by_operator else stolen
    return _letter(
        to,
        addition_words.subject(added),
        f"{' '.join(addition_words.sentences(added, details))}\n\n{yes}:\n\n{confirm}\n\n"
        f"{no}, remove it:\n\n{disown}\n\nBoth links work for 7 days. What is not "
        f"confirmed is removed if the password is reset by email.{rest}",
    )


def factors_removed(to: str, link: str) -> Mail:
    """The notice that an operator has helped somebody who was locked out."""
    return _letter(
        to,
        "Your second factors were removed",
        "We have removed the second factors of your UpCoach account, as somebody asked us to. "
        f"Only your password protects it now, so add another one soon. {_NOT_YOU}{link}",
    )


def provider_unlinked(to: str, provider: str, link: str) -> Mail:
    """The notice that a way in is no more."""
    return _letter(
        to,
        f"{provider} was removed from your account",
        f"You can no longer log in to your UpCoach account with {provider}. {_NOT_YOU}{link}",
    )


_FACTORS: Final[dict[FactorChange, tuple[str, str]]] = {
    "totp added": (
        "An authenticator app was added to your account",
        "Logging in to your UpCoach account now takes a code from an authenticator app.",
    ),
    "totp removed": (
        "The authenticator app was removed from your account",
        "Logging in to your UpCoach account no longer takes a code.",
    ),
    "passkey added": (
        "A passkey was added to your account",
        "A new passkey can now log in to your UpCoach account.",
    ),
    "passkey removed": (
        "A passkey was deleted from your account",
        "One of the passkeys of your UpCoach account no longer works.",
    ),
    "recovery code used": (
        "A recovery code was used",
        "A recovery code of your UpCoach account was used. It does not work a second time.",
    ),
    "recovery codes renewed": (
        "You have new recovery codes",
        "Your UpCoach account has new recovery codes, and the old ones no longer work.",
    ),
}


def factors_changed(to: str, change: FactorChange, link: str) -> Mail:
    """The notice that something else is asked for, or opens the account, than before."""
    subject, words = _FACTORS[change]
    return _letter(
        to,
        subject,
        f"{words} {_NOT_YOU}{link}\n\nThen check how you log in to your account: a new password "
        "does not change that.",
    )


def login_notices_off(to: str, link: str) -> Mail:
    """The notice that nobody is told of new logins any more but in the app."""
    return _letter(
        to,
        "Notices of new logins are off",
        "You will no longer get an email or a push when somebody logs in to your UpCoach account "
        f"on a new device. {_NOT_YOU}{link}\n\nThen log in, and turn the notices on again.",
    )


_DISABLED: Final[dict[DisabledReason, str]] = {
    "gone": "The server said that it wants no more of them (410 Gone).",
    "failing": "The server had failed to take them for 28 hours.",
}


def webhook_disabled(to: str, host: str, reason: DisabledReason) -> Mail:
    """The notice that nothing is sent to a webhook any more."""
    name = quoted(host)
    return _letter(
        to,
        "A webhook was disabled",
        f"We have stopped sending the changes of your UpCoach account to a server{name and ' '}"
        f"{name}. {_DISABLED[reason]} Nothing is lost: when you enable the webhook again, it goes "
        "on where it had stopped.",
    )


def _letter(to: str, subject: str, words: str) -> Mail:
    return Mail(to, subject, words + _END)
