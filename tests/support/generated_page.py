"""Pages of the documentation with parts that the code makes."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

DOCS = Path(__file__).parents[2] / "docs"


class GeneratedPage(msgspec.Struct, frozen=True):
    """A page of which some parts, each between two marks, are written by a program."""

    name: str

    def section(self, part: str) -> str:
        """The part of the page between the marks called *part*."""
        begin, end = _marks(part)
        return self._path.read_text().partition(begin)[2].partition(end)[0].strip("\n")

    def write(self, sections: Mapping[str, str]) -> None:
        """Write the parts anew."""
        page = self._path.read_text()
        for part, text in sections.items():
            begin, end = _marks(part)
            before, _, rest = page.partition(begin)
            page = before + begin + text + "\n" + end + rest.partition(end)[2]
        self._path.write_text(page)

    @property
    def _path(self) -> Path:
        return DOCS / self.name


def _marks(part: str) -> tuple[str, str]:
    return f"<!-- {part} -->\n", f"<!-- end of {part} -->"
