"""Reads the Markdown that Day One exports (CommonMark) as its owner wrote it.

It puts a backslash before every punctuation mark that Markdown could take for its own, but in code,
where a backslash is one.
"""

import re
from collections.abc import Iterator
from typing import Final

# Where an attachment stood; what may stand in it cannot begin another one.
_MOMENT: Final = re.compile(r"!\[[^\[\]]*\]\(dayone-moment:[^()\s]*\)\s*")
_FENCE: Final = re.compile(r" {0,3}(```+|~~~+)")
_PUNCTUATION: Final = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")  # CommonMark 2.4
_MARK: Final = re.compile(r"\\.|`+", re.DOTALL)  # an escaped character, or a run of backticks
_RUN: Final = re.compile("`+")
# It puts spaces of no width around marks that would not mark anything otherwise.
_NO_WIDTH: Final = re.compile("(?<=[*_~=])\u200b|\u200b(?=[*_~=])")


def plain_text(markdown: str) -> str:
    r"""The text of an entry, without attachments.

    Examples
    --------
    >>> print(plain_text(r"Went out\. Ran 3\~4 km \| `C:\.config`"))
    Went out. Ran 3~4 km | `C:\.config`

    """
    text = _NO_WIDTH.sub("", _MOMENT.sub("", markdown))
    return "".join(part if is_code else _unescaped(part) for part, is_code in _parts(text)).strip()


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """Paragraphs, and the code blocks between fences of backticks or tildes."""
    fence = ""
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        found = _FENCE.match(line)
        if not fence and (found or not line.strip()):
            yield "".join(lines), False
            lines = []
        lines.append(line)
        if fence and _closes(line, fence):
            yield "".join(lines), True
            fence, lines = "", []
        elif found and not fence:
            fence = found[1]
    yield "".join(lines), bool(fence)


def _closes(line: str, fence: str) -> bool:
    text = line.strip()
    return text.startswith(fence) and not text.strip(fence[0])


def _unescaped(paragraph: str) -> str:
    """*paragraph* without the backslashes before punctuation, but in its spans of code."""
    last = {run[0]: run.start() for run in _RUN.finditer(paragraph)}  # where one like it is
    parts: list[str] = []
    code = ""
    place = copied = 0
    while mark := (_RUN if code else _MARK).search(paragraph, place):
        place = mark.end()
        if mark[0].startswith("`"):
            if code:
                code = "" if mark[0] == code else code
            elif last.get(mark[0], -1) > mark.start():
                code = mark[0]
        elif mark[0][1] in _PUNCTUATION:
            parts.append(paragraph[copied : mark.start()])
            copied = mark.start() + 1
    return "".join((*parts, paragraph[copied:]))
