"""Examples of bodies, made from their schemas: what has to be there, with values that are taken."""

from typing import Any, Final

import msgspec

from models.base.merge_patch import Json

UUID: Final = "01a20c66-99df-75bd-8f37-3328887fd981"
_FORMATS: Final = {
    "date": "2026-01-05",
    "date-time": "2026-01-05T09:00:00Z",
    "time": "09:30:00",
}
# By the name of the field, where its type says too little.
_NAMED: Final[dict[str, Any]] = {
    "title": "Run 10 km",
    "name": "Meditate",
    "text": "It went well.",
    "email": "ada@example.org",
    "password": "correct horse battery",
    "current": "correct horse battery",
    "tz": "Europe/Berlin",
    "device": "laptop",
    "path": "/v1/goals",
    "rule": "FREQ=WEEKLY;BYDAY=MO,TH",
    "color": "#1a2b3c",
    "totp": "123456",
    "code": "123456",
    "recovery_code": "abcd-efgh-jkmn-pqrs-tuvw",
    "due_time": "09:30",
    "starts": "2026-01-05T09:00",
    "ends": "2026-01-05T10:00",
    "time": "09:30",
    "provider": "google",
    "url": "https://hooks.example.org/upcoach",
    "types": "habit.*",
}
_FEW: Final = 2  # fields of a patch


def example_of(document: Json, schema: Json, name: str = "") -> Any:
    """A value that *schema* allows, of a field that is called *name*."""
    schema = resolved(document, schema)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return example_of(document, choices[0], name)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kind = _type_of(schema)
    if kind == "object":
        return _object(document, schema)
    if kind == "array":
        return [example_of(document, schema["items"], name)] if schema.get("items") else []
    return _text(schema, name) if kind == "string" else _plain(schema, kind)


def resolved(document: Json, part: Json) -> Json:
    """*part* of a document, or what it refers to."""
    if "$ref" not in part:
        return part
    target: Any = document
    for name in part["$ref"].removeprefix("#/").split("/"):
        target = target[name]
    return {**target, **{name: value for name, value in part.items() if name != "$ref"}}


def request_example(document: Json, method: str, path: str, operation: Json) -> str:
    """The command of a request with `curl`."""
    lines = [f"curl -X {method.upper()} $URL{_filled(path)}"]
    if operation["security"]:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    content = operation.get("requestBody", {}).get("content", {})
    kind = next((kind for kind in content if "json" in kind), "")
    if kind:
        body = msgspec.json.encode(example_of(document, content[kind]["schema"])).decode()
        lines += [f"-H 'Content-Type: {kind}'", f"-d '{body}'"]
    elif content:
        lines += [f"-H 'Content-Type: {next(iter(content))}'", "--data-binary @FILE"]
    return " \\\n  ".join(lines)


def _filled(path: str) -> str:
    return path.replace("{local_date}", _FORMATS["date"]).replace("{version}", "1")


def _type_of(schema: Json) -> str:
    kinds = schema.get("type", "")
    if isinstance(kinds, str):
        return kinds
    return str(next(kind for kind in kinds if kind != "null"))


def _object(document: Json, schema: Json) -> Json:
    fields = schema.get("properties", {})
    names = schema.get("required") or [name for name in fields if name in _NAMED][:_FEW]
    return {name: example_of(document, fields[name], name) for name in names or [*fields][:1]}


def _text(schema: Json, name: str) -> str:
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    pattern = schema.get("pattern", "")
    if pattern[1:4].isalpha() and pattern[4:5] == "_":
        return f"{pattern[1:4]}_{UUID}"
    if "-[" in pattern and "{8}" in pattern:
        return UUID
    text = str(_NAMED.get(name, "text"))
    return text.ljust(schema.get("minLength", 0), "x")


def _plain(schema: Json, kind: str) -> int | bool | None:
    if kind == "boolean":
        return True
    if kind not in ("integer", "number"):
        return None
    return max(int(schema.get("minimum", 0)), 1)
