"""The description as one page: nothing from elsewhere, a style and a script that its policy names.

Without the script all of it is there; with it, a field filters the operations.
"""

import base64
import hashlib
import html
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from handlers.openapi.examples import request_example, resolved
from models.base.merge_patch import Json

MEDIA_TYPE: Final = "text/html; charset=utf-8"
STYLE: Final = """
:root { color-scheme: light dark; font: 1rem/1.55 system-ui, sans-serif; background: Canvas;
  color: CanvasText; }
body { max-width: 64rem; margin: 1.5rem auto; padding: 0 1rem; overflow-wrap: break-word; }
code, pre, summary b { font-family: ui-monospace, monospace; font-size: .92em; }
pre { padding: .6rem .8rem; overflow-x: auto; border: 1px solid #8886; border-radius: 8px; }
a { color: light-dark(#0b5c50, #6fdac6); }
nav ul { columns: 14rem; padding-left: 1.2rem; }
nav a, header a { display: inline-block; padding: .15rem 0; }
.search { display: grid; gap: .3rem; max-width: 30rem; margin: 1rem 0; }
.search input { font: inherit; padding: .5rem .7rem; border: 1px solid #888; border-radius: 8px; }
summary { cursor: pointer; padding: .45rem 0; }
summary b { display: inline-block; min-width: 4.5rem; }
details { border-top: 1px solid #8884; scroll-margin-top: 1rem; }
details > div { margin: 0 0 1rem 1rem; }
table { border-collapse: collapse; margin: .5rem 0; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
td, th { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; }
h3 { margin-bottom: .2rem; }
:focus-visible { outline: 3px solid light-dark(#0b5c50, #6fdac6); outline-offset: 2px; }
[hidden] { display: none; }
@media (max-width: 50rem) {
  body { overflow-wrap: anywhere; }
  thead { position: absolute; clip-path: inset(50%); }
  tr { display: block; padding: .3rem 0; border-top: 1px solid #8884; }
  td { display: block; padding: 0; }
  td:empty { display: none; }
  details > div { margin-left: .25rem; }
}
"""
# Without it all is there, and nothing is filtered; the style's `hidden` keeps the field away.
SCRIPT: Final = """
const field = document.getElementById("q"), found = document.getElementById("found");
field.parentElement.hidden = false;
field.addEventListener("input", () => {
  const words = field.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let count = 0;
  for (const area of document.querySelectorAll("section")) {
    let shown = 0;
    for (const one of area.querySelectorAll("[data-words]")) {
      const is = words.every((word) => one.dataset.words.includes(word));
      one.hidden = !is;
      shown += is;
    }
    area.hidden = !shown;
    count += shown;
  }
  found.textContent = words.length ? `${count} found` : "";
});
const open = () => {
  const target = document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) target.open = true;
};
addEventListener("hashchange", open);
open();
"""


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


POLICY: Final = (
    f"default-src 'none'; style-src {_source(STYLE)}; script-src {_source(SCRIPT)}; "
    "frame-ancestors 'none'; base-uri 'none'"
)


def page(document: Json) -> bytes:
    """The page that shows *document*."""
    title = html.escape(document["info"]["title"])
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width, initial-scale=1'>",
        f"<title>{title} API</title><style>{STYLE}</style>",
        f"<header><h1>{title} API {html.escape(document['info']['version'])}</h1>",
        prose(document["info"]["description"]),
        "<p><a href=/openapi.json>openapi.json</a> <a href=/asyncapi.json>asyncapi.json</a></p>",
        "</header>",
        *_navigation(document),
        "<main>",
        *_areas(document),
        "<section aria-labelledby=Schemas><h2 id=Schemas>Schemas</h2>",
        *_schemas(document["components"]["schemas"]),
        "</section></main>",
        f"<script>{SCRIPT}</script>",
    ]
    return "\n".join(parts).encode()


def _navigation(document: Json) -> Iterator[str]:
    yield "<nav aria-label=Contents><div class=search hidden><label for=q>Search</label>"
    yield "<input id=q name=q type=search autocomplete=off><span id=found role=status></span>"
    yield "</div><ul>"
    for name in (*(tag["name"] for tag in document["tags"]), "Schemas"):
        yield f"<li><a href=#{_anchor(name)}>{html.escape(name)}</a>"
    yield "</ul></nav>"


def _anchor(name: str) -> str:
    """The id of an area, which is no operation's."""
    return name if name == "Schemas" else f"area_{re.sub(r'[^A-Za-z0-9]+', '_', name)}"


def _areas(document: Json) -> Iterator[str]:
    for tag in document["tags"]:
        anchor = _anchor(tag["name"])
        yield f"<section aria-labelledby={anchor}>"
        yield f"<h2 id={anchor}>{html.escape(tag['name'])}</h2>{prose(tag['description'])}"
        for path, item in document["paths"].items():
            shared = item.get("parameters", [])
            for method, operation in item.items():
                if method != "parameters" and tag["name"] in operation["tags"]:
                    yield _operation(document, method, path, operation, shared)
        yield "</section>"


def _operation(document: Json, method: str, path: str, operation: Json, shared: list[Json]) -> str:
    parameters = [
        resolved(document, parameter) for parameter in (*shared, *operation.get("parameters", ()))
    ]
    rows = [
        (
            f"<code>{parameter['name']}</code>",
            parameter["in"],
            type_html(parameter["schema"]),
            f"{_description(parameter)}{_default(parameter['schema'])}",
        )
        for parameter in parameters
    ]
    body = [
        (f"<code>{kind}</code>", type_html(content["schema"]))
        for kind, content in operation.get("requestBody", {}).get("content", {}).items()
    ]
    answers = [
        (status, _contents(answer), _description(answer))
        for status, answer in (
            (status, resolved(document, answer))
            for status, answer in operation["responses"].items()
        )
    ]
    name, summary = operation["operationId"], html.escape(operation["summary"])
    words = html.escape(f"{method} {path} {name} {operation['summary']}".lower(), quote=True)
    example = html.escape(request_example(document, method, path, operation), quote=False)
    return (
        f'<details id={name} data-words="{words}">'
        f"<summary><b>{method.upper()}</b> <code>{html.escape(path)}</code> {summary}</summary>"
        f"<div>{prose(operation['description'])}<pre tabindex=0><code>{example}</code></pre>"
        f"{_table('Parameters', rows, ('Name', 'In', 'Type', 'Meaning'))}"
        f"{_table('Body', body, ('Media type', 'Type'))}"
        f"{_table('Answers', answers, ('Status', 'Type', 'Meaning'))}"
        "</div></details>"
    )


def _default(schema: Json) -> str:
    if "default" not in schema:
        return ""
    value = msgspec.json.encode(schema["default"]).decode()
    return f" Default: <code>{html.escape(value)}</code>."


def _contents(answer: Json) -> str:
    return ", ".join(type_html(media["schema"]) for media in answer.get("content", {}).values())


def _schemas(schemas: Json) -> Iterator[str]:
    for name, schema in schemas.items():
        needed = schema.get("required", ())
        rows = [
            (
                f"<code>{html.escape(field)}</code>",
                type_html(field_schema),
                "always" if field in needed else "",
                _description(field_schema),
            )
            for field, field_schema in schema.get("properties", {}).items()
        ]
        words = html.escape(name.lower())
        table = _table("", rows, ("Field", "Type", "Present", "Meaning"))
        yield f'<div data-words="{words}"><h3 id={name}>{name}</h3>'
        yield f"{prose(schema.get('description', ''))}{table}</div>"


def type_html(schema: Any) -> str:
    """A schema in a few words of HTML.

    Examples
    --------
    >>> type_html({"type": "array", "items": {"$ref": "#/components/schemas/Goal"}})
    'list of <a href=#Goal>Goal</a>'
    >>> type_html({"type": ["string", "null"], "format": "date"})
    'date or null'

    """
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"<a href=#{name}>{name}</a>"
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " or ".join(dict.fromkeys(type_html(member) for member in schema[choice]))
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " or ".join(f"<code>{html.escape(str(value))}</code>" for value in values)
    if schema.get("type") == "array" and schema.get("items"):
        return f"list of {type_html(schema['items'])}"
    kinds = schema.get("type", "anything")
    names = [kinds] if isinstance(kinds, str) else list(kinds)
    return " or ".join(schema.get("format", name) if name != "null" else name for name in names)


def prose(text: str) -> str:
    """Paragraphs, lists and tables of Markdown, as far as our descriptions use it.

    Examples
    --------
    >>> prose("Say *when*: `2026-01-05`.")
    '<p>Say <i>when</i>: <code>2026-01-05</code>.</p>'

    """
    return "".join(_block(block) for block in text.strip().split("\n\n") if block)


def _block(block: str) -> str:
    lines = block.splitlines()
    if lines[0].startswith("|"):
        cells = [[_inline(text.strip()) for text in line.strip("|").split("|")] for line in lines]
        return _table("", [tuple(row) for row in cells[2:]], cells[0])
    if lines[0].startswith("- "):
        items = re.split(r"\n(?=- )", block)
        return "<ul>" + "".join(f"<li>{_inline(text[2:])}" for text in items) + "</ul>"
    return f"<p>{_inline(block)}</p>"


def _inline(text: str) -> str:
    shown = html.escape(text, quote=False)
    shown = re.sub(r"`([^`]+)`", r"<code>\1</code>", shown)
    shown = re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", shown)
    return re.sub(r"(?<!\w)\*([\w/ ,]+)\*(?!\w)", r"<i>\1</i>", shown)


def _table(caption: str, rows: Sequence[tuple[str, ...]], heads: Sequence[str]) -> str:
    if not rows:
        return ""
    titles = "".join(f"<th scope=col>{head}" for head in heads)
    cells = "".join("<tr>" + "".join(f"<td>{cell}" for cell in row) for row in rows)
    named = f"<caption>{caption}</caption>" if caption else ""
    return f"<table>{named}<thead><tr>{titles}<tbody>{cells}</table>"


def _description(described: Json) -> str:
    return _inline(described.get("description", ""))
