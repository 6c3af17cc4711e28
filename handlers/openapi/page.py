"""The description as one page: no script, nothing from elsewhere, a style that its policy names."""

import base64
import hashlib
import html
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from models.base.merge_patch import Json

MEDIA_TYPE: Final = "text/html; charset=utf-8"
STYLE: Final = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: break-word; }
code, summary b { font-family: ui-monospace, monospace; font-size: .92em; }
summary { cursor: pointer; padding: .3rem 0; }
summary b { display: inline-block; min-width: 4.5rem; }
details { border-top: 1px solid #8884; }
details > div { margin: 0 0 1rem 1rem; }
table { border-collapse: collapse; margin: .5rem 0; }
td, th { text-align: left; vertical-align: top; padding: .15rem .8rem .15rem 0; }
h3 { margin-bottom: .2rem; }
@media (max-width: 50rem) {
  body { overflow-wrap: anywhere; }
  tr { display: block; padding: .3rem 0; border-top: 1px solid #8884; }
  td { display: block; padding: 0; }
  td:empty { display: none; }
  details > div { margin-left: .5rem; }
}
"""
_DIGEST: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY: Final = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; frame-ancestors 'none'"


def page(document: Json) -> bytes:
    """The page that shows *document*."""
    title = html.escape(document["info"]["title"])
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width'>",
        f"<title>{title}</title><style>{STYLE}</style>",
        f"<h1>{title} {html.escape(document['info']['version'])}</h1>",
        prose(document["info"]["description"]),
        "<p><a href=/openapi.json>openapi.json</a> <a href=/asyncapi.json>asyncapi.json</a></p>",
        *_areas(document),
        "<h2>Schemas</h2>",
        *_schemas(document["components"]["schemas"]),
    ]
    return "\n".join(parts).encode()


def _areas(document: Json) -> Iterator[str]:
    for tag in document["tags"]:
        yield f"<h2>{html.escape(tag['name'])}</h2>{prose(tag['description'])}"
        for path, item in document["paths"].items():
            shared = item.get("parameters", [])
            for method, operation in item.items():
                if method != "parameters" and tag["name"] in operation["tags"]:
                    yield _operation(document, method, path, operation, shared)


def _operation(document: Json, method: str, path: str, operation: Json, shared: list[Json]) -> str:
    parameters = [
        _resolved(document, parameter) for parameter in (*shared, *operation.get("parameters", ()))
    ]
    rows = [
        (
            f"<code>{parameter['name']}</code>",
            parameter["in"],
            type_html(parameter["schema"]),
            _description(parameter),
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
            (status, _resolved(document, answer))
            for status, answer in operation["responses"].items()
        )
    ]
    return (
        f"<details id={operation['operationId']}>"
        f"<summary><b>{method.upper()}</b> <code>{html.escape(path)}</code> "
        f"{html.escape(operation['summary'])}</summary><div>{prose(operation['description'])}"
        f"{_table('Parameters', rows)}{_table('Body', body)}{_table('Answers', answers)}"
        "</div></details>"
    )


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
        yield f"<h3 id={name}>{name}</h3>{prose(schema.get('description', ''))}{_table('', rows)}"


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
        return _table("", [tuple(row) for row in (cells[0], *cells[2:])])
    if lines[0].startswith("- "):
        items = re.split(r"\n(?=- )", block)
        return "<ul>" + "".join(f"<li>{_inline(text[2:])}" for text in items) + "</ul>"
    return f"<p>{_inline(block)}</p>"


def _inline(text: str) -> str:
    shown = html.escape(text, quote=False)
    shown = re.sub(r"`([^`]+)`", r"<code>\1</code>", shown)
    shown = re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", shown)
    return re.sub(r"(?<!\w)\*([\w/ ,]+)\*(?!\w)", r"<i>\1</i>", shown)


def _table(caption: str, rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    cells = "".join("<tr>" + "".join(f"<td>{cell}" for cell in row) for row in rows)
    return f"{f'<p>{caption}</p>' if caption else ''}<table>{cells}</table>"


def _description(described: Json) -> str:
    return _inline(described.get("description", ""))


def _resolved(document: Json, part: Json) -> Json:
    if "$ref" not in part:
        return part
    target: Any = document
    for name in part["$ref"].removeprefix("#/").split("/"):
        target = target[name]
    resolved: Json = target
    return resolved
