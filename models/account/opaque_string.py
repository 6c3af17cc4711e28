"""Passwords as people mean them: the profile OpaqueString of PRECIS (RFC 8265, 4.2).

A letter with a mark can be typed as one character or as two, by the system that one sits at, and a
space can be one of several.  Which characters there may be is not narrowed: a password that
somebody has is theirs.
"""

import unicodedata


def opaque(password: str) -> str:
    r"""*password* as it is compared: composed (NFC), with the ASCII space for every other.

    Examples
    --------
    >>> opaque("Stra\u00dfe\u00a0e\u0301") == "Stra\u00dfe \u00e9"
    True

    """
    spaced = "".join(" " if unicodedata.category(one) == "Zs" else one for one in password)
    return unicodedata.normalize("NFC", spaced)


def forms(password: str) -> tuple[str, ...]:
    """What *password* may have been hashed as: as it is compared, and as earlier builds took it.

    They took what was typed, which may have been in the other form than today.
    """
    if password.isascii():
        return (password,)
    compared = opaque(password)
    return tuple(dict.fromkeys((compared, password, unicodedata.normalize("NFD", compared))))
