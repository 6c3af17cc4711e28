"""The settings as a page: ``python -m config.reference > docs/settings.md``."""

import sys

from config.setting_rows import SettingRow
from config.settings import rows

HEAD = """\
# Settings

All of them are read from the environment, once, at the start. A name that is not listed here or a
value of the wrong form stops the start with one sentence. An empty value counts as unset.

| Name | Form | Default | Meaning |
|---|---|---|---|
"""

FOOT = """
Secrets have no default in production, and neither have the engines' URLs. In development they are
generated once into `secrets.json` in the data folder; whoever loses that file loses what the data
folder holds sealed.
"""


def markdown() -> str:
    """The settings as a page in Markdown."""
    return HEAD + "".join(map(_line, rows().values())) + FOOT


def _line(row: SettingRow) -> str:
    default = f"`{row.default}`" if row.default else row.unset_means
    meaning = f"{row.meaning} Needed in production." if row.production else row.meaning
    return f"| `{row.name}` | {row.form} | {default} | {meaning} |\n"


if __name__ == "__main__":
    sys.stdout.write(markdown())
