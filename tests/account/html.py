"""A page as a careful reader sees it: what is announced, what belongs together, what is missing."""

import re
from html.parser import HTMLParser
from typing import Final

from tests.support.wire.relying import Answer

VOID: Final = frozenset({"meta", "link", "input", "path", "rect", "br"})
POLICY: Final = frozenset(
    {
        *("default-src", "style-src", "script-src", "img-src"),
        *("form-action", "frame-ancestors", "base-uri"),
    }
)


class Reader(HTMLParser):
    """Takes a page apart."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.stray: list[str] = []
        self.labelled = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        is_typed = tag == "input" and given.get("type") not in ("hidden", "checkbox")
        if tag == "input" and given.get("type") == "checkbox" and "label" not in self.open:
            self.stray.append(f"{given}: no label")
        if is_typed and ("label", {"for": given["id"]}) not in self.tags:
            self.stray.append(f"{given}: no label")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.stray.append(f"</{tag}>")

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of each *tag*."""
        return [given for name, given in self.tags if name == tag]

    @property
    def ids(self) -> list[str]:
        return [given["id"] for _, given in self.tags if "id" in given]


def flaws_of(answer: Answer) -> list[str]:
    """What is wrong with a page, in words."""
    page = Reader(answer.text)
    referred = [
        name
        for _, given in page.tags
        for attribute in ("aria-describedby", "aria-labelledby")
        for name in given.get(attribute, "").split()
    ]
    headings = [len(page.all(name)) for name in ("h1", "title", "main", "header", "footer")]
    checks = {
        "tags do not match": not (page.open or page.stray),
        "no language": page.all("html") == [{"lang": "en"}],
        "not one of each landmark": headings == [1] * 5,
        "an id comes twice": len(set(page.ids)) == len(page.ids),
        "something refers to nothing": set(referred) <= set(page.ids),
        "a button says nothing": "<button></button>" not in answer.text,
        "a form goes by GET": all(form["method"] == "post" for form in page.all("form")),
        "a style or a script in an attribute": not _inline(page),
        "no viewport": any(one.get("name") == "viewport" for one in page.all("meta")),
    }
    wrong = [words for words, holds in checks.items() if not holds]
    return [*wrong, *page.stray, *_headers(answer, page)]


def _inline(page: Reader) -> list[str]:
    return [
        name for _, given in page.tags for name in given if name == "style" or name.startswith("on")
    ]


def _headers(answer: Answer, page: Reader) -> list[str]:
    """What is wrong with the headers of a page (security.md, 5.4)."""
    rules = answer.headers["content-security-policy"].split("; ")
    policy = {rule.partition(" ")[0]: rule.partition(" ")[2] for rule in rules}
    [style] = page.all("style")
    nonces = {style["nonce"]} | {script["nonce"] for script in page.all("script")}
    wanted = {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "cross-origin-opener-policy": "same-origin",
    }
    checks = {
        "the policy's rules": policy.keys() - {"worker-src"} == POLICY,
        "a worker of others": policy.get("worker-src", "'self'") == "'self'",
        "the policy allows all": policy["default-src"] == "'none'",
        "it can be framed": policy["frame-ancestors"] == policy["base-uri"] == "'none'",
        "the nonce": [f"'nonce-{one}'" for one in nonces] == [policy["style-src"]],
        "the script's nonce": policy["script-src"] == policy["style-src"],
        "a short nonce": re.fullmatch(r"[\w-]{24}", style["nonce"]) is not None,
        "a form may lead anywhere": policy["form-action"].startswith("'self'"),
        "a server's name": "server" not in answer.headers,
    }
    kept = {name: answer.headers.get(name) == value for name, value in wanted.items()}
    return [words for words, holds in (checks | kept).items() if not holds]
