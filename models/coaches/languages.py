"""Languages, as the primary subtags of BCP 47 (RFC 5646, 2.2.1)."""

from typing import Annotated, Final

from models.base.text.type_words import shaped

# Those of two letters (ISO 639-1), by the first; any three letters may be one.
_TWO_LETTERS: Final = (
    r"a[abefkmnrsvyz]|b[aegimnors]|c[aehorsuvy]|d[aevz]|e[elnostu]|f[afijory]|g[adlnuv]|"
    r"h[aeiortuyz]|i[adegikostu]|j[av]|k[agijklmnorsuvwy]|l[abginotuv]|m[ghiklnrsty]|"
    r"n[abdeglnorvy]|o[cjmrs]|p[ailst]|qu|r[mnouw]|s[acdeghiklmnoqrstuvw]|"
    r"t[aeghiklnorstwy]|u[gkrz]|v[eio]|w[ao]|xh|y[io]|z[ahu]"
)

Language = Annotated[
    str,
    shaped(
        pattern=rf"^(?:[a-z]{3}|{_TWO_LETTERS})\Z",
        form="the tag of a language such as de or en",
    ),
]
