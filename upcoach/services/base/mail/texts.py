"""The texts of all mails."""

from typing import Final

from models.account import Addition, AdditionDetails, FactorChange, PasswordOrigin
from models.base.mail import Mail
from upcoach.services.base.mail import addition_words

_END: Final = "\n\nThe people of UpCoach\n"
_NOT_YOU: Final = (
    "If this was not you, choose a new password at once. That ends every login on every device:\n\n"
)


def verification(to: str, link: str) -> Mail:
    """The link that shows whose the address is."""
    return _letter(
        to,
        "Is this your address?",
        "Somebody, most likely you, has made an account at UpCoach with this address. If it was "
        f"you, follow this link within 24 hours:\n\n{link}\n\n"
        "If it was not you, do nothing: whoever it was has not shown that the address is theirs.",
    )


def already_there(to: str, link: str) -> Mail:
    """The answer to whoever registers twice."""
    return _letter(
        to,
        "You have an account already",
        "Somebody, most likely you, wanted to make an account at UpCoach with this address. There "
        "is one already, and it is as it was. If it is yours, log in. If you do not know the "
        f"password any more, choose a new one:\n\n{link}",
    )


def reset(to: str, link: str) -> Mail:
    """The link to a new password."""
    return _letter(
        to,
        "Choose a new password",
        "Somebody, most likely you, has forgotten the password of your account at UpCoach. This "
        f"link lets you choose a new one. It works once, for 15 minutes:\n\n{link}\n\n"
        "If it was not you, do nothing: your password stays as it is.",
    )


_OTHER_READER: Final = (
    "Every device has to log in again.\n\nIf that was you, there is nothing to do. If it was not "
    "you, somebody else reads your mails: change the password of your mailbox first. Then choose "
    "another one here, which ends every login on every device:\n\n"
)
_NEW_PASSWORDS: Final[dict[PasswordOrigin | None, tuple[str, str]]] = {
    "changed": (
        "Your password was changed",
        (
            "The password of your account at UpCoach was changed by somebody who was logged in and "
            "knew the old one. Every other device has to log in again.\n\nIf that was you, there "
            "is nothing to do. If it was not you, choose another password at once. That ends every "
            "login on every device:\n\n"
        ),
    ),
    "reset": (
        "Your password was reset",
        (
            "A new password was chosen for your account at UpCoach, through a link that we mailed "
            f"to this address. {_OTHER_READER}"
        ),
    ),
    "first": (
        "Your account has a password now",
        (
            "Your account at UpCoach had no password. One was chosen for it, through a link that "
            f"we mailed to this address. {_OTHER_READER}"
        ),
    ),
    None: (
        "Your password was changed",
        (
            "Your account at UpCoach has a new password.\n\nIf you chose it, there is nothing to "
            "do. If it was not you, choose another one at once. That ends every login on every "
            "device:\n\n"
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
        "Somebody, most likely you, wants to use this address for their account at UpCoach. If it "
        f"was you, follow this link within 24 hours:\n\n{link}\n\n"
        "If it was not you, do nothing.",
    )


def email_change_impossible(to: str) -> Mail:
    """The answer to whoever wants to move to an address that has an account."""
    return _letter(
        to,
        "This address has an account already",
        "Somebody, most likely you, wanted to use this address for another account at UpCoach. "
        "It has one already, so nothing was changed.",
    )


def email_change_asked(to: str, link: str) -> Mail:
    """The notice to the address that is to be left."""
    return _letter(
        to,
        "Your address is about to be changed",
        f"Your account at UpCoach is about to go by another address. {_NOT_YOU}{link}",
    )


def email_changed(to: str, link: str) -> Mail:
    """The notice to the address that was left."""
    return _letter(
        to,
        "Your address was changed",
        "Your account at UpCoach goes by another address now. If this was not you, undo it "
        "within 7 days. Your account comes back to this address, every login ends, and what was "
        f"added since is removed:\n\n{link}",
    )


def email_change_undone(to: str, link: str) -> Mail:
    """The notice to the address that an account has come back to."""
    return _letter(
        to,
        "Your address is yours again",
        "Your account at UpCoach goes by this address again, as somebody who reads its mails has "
        "asked for. Every login has ended, and the old password is over. Choose a new one, if you "
        f"have not yet:\n\n{link}",
    )


def address_lost(to: str) -> Mail:
    """The notice to the address that an account went by before it came back."""
    return _letter(
        to,
        "This address is not your account's any more",
        "An account at UpCoach went by this address and no longer does: somebody who reads the "
        "mails of the address that it had before has undone the change. Every login has ended. If "
        "it was you who changed it, log in with the address that it had before.",
    )


def provider_linked(to: str, provider: str, link: str) -> Mail:
    """The notice to whoever has made an account theirs through a provider."""
    return _letter(
        to,
        f"You can log in with {provider}",
        f"Your account at UpCoach can be entered with {provider} from now on. {_NOT_YOU}{link}\n\n"
        f"Then take {provider} off your account: a new password alone does not.",
    )


def access_method_added(
    to: str, added: Addition, details: AdditionDetails, confirm: str, disown: str, forgot: str
) -> Mail:
    """The notice of something that opens the account, or lets something out of it."""
    return _letter(
        to,
        addition_words.subject(added),
        f"{' '.join(addition_words.sentences(added, details))}\n\nThis was me:\n\n{confirm}\n\n"
        f"This was not me, remove it:\n\n{disown}\n\nBoth links work for 7 days. What nobody "
        "confirms is removed when the password is reset by mail.\n\nIf this was not you, somebody "
        "knows your password. Choose a new one. That ends every login on every device:\n\n"
        f"{forgot}",
    )


def factors_removed(to: str, link: str) -> Mail:
    """The notice that an operator has helped somebody who was locked out."""
    return _letter(
        to,
        "Your second factors were removed",
        "We have removed the second factors of your account at UpCoach, as somebody has asked us "
        f"to. Your password alone opens it now, so add another one soon. {_NOT_YOU}{link}",
    )


def provider_unlinked(to: str, provider: str, link: str) -> Mail:
    """The notice that a way in is no more."""
    return _letter(
        to,
        f"{provider} was taken off your account",
        f"Your account at UpCoach can no longer be entered with {provider}. {_NOT_YOU}{link}",
    )


_FACTORS: Final[dict[FactorChange, tuple[str, str]]] = {
    "totp added": (
        "An app makes codes for your account",
        "Whoever logs in to your account at UpCoach is asked for a code of an app from now on.",
    ),
    "totp removed": (
        "Your account asks for no codes any more",
        "Whoever logs in to your account at UpCoach is not asked for a code any more.",
    ),
    "passkey added": (
        "A passkey was added to your account",
        "Your account at UpCoach can be entered with a new passkey from now on.",
    ),
    "passkey removed": (
        "A passkey was taken off your account",
        "One of the passkeys of your account at UpCoach opens it no more.",
    ),
    "recovery code used": (
        "A recovery code was used",
        "A recovery code of your account at UpCoach was shown. It does not work a second time.",
    ),
    "recovery codes renewed": (
        "Your recovery codes are new",
        "Your account at UpCoach has new recovery codes, and the old ones work no more.",
    ),
}


def factors_changed(to: str, change: FactorChange, link: str) -> Mail:
    """The notice that something else is asked for, or opens the account, than before."""
    subject, words = _FACTORS[change]
    return _letter(
        to,
        subject,
        f"{words} {_NOT_YOU}{link}\n\nThen look through what opens your account: a new password "
        "does not change it.",
    )


def _letter(to: str, subject: str, words: str) -> Mail:
    return Mail(to, subject, words + _END)
