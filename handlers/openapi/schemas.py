"""Types as JSON Schemas (draft 2020-12, as OpenAPI 3.1 has it), in four roles.

An *answer* is what we send, everything that is always there required.  A *document* is an answer
without hidden fields, and without nulls however deep.  An *input* is what we read: what may be left
out has its default.  A *patch* is an input's merge patch (RFC 7396): any field by itself, null
where it may be taken away.

`Schemas.of` gives the schema of a type, and `Schemas.made` all those that such schemas refer to.
"""

import inspect
import re
import typing
from collections.abc import Iterable, Sequence
from types import UnionType
from typing import Any, Literal

import msgspec
from msgspec import inspect as types

from handlers.openapi.scalars import (
    any_of,
    constant,
    enumerated,
    lengths,
    not_null,
    nullable,
    scalar,
)
from handlers.openapi.schema_names import schema_name
from handlers.openapi.static_documents import portable
from models.base.document import Document, Privacy, fields_marked
from models.base.merge_patch import Json
from models.contexts import DOCUMENTS
from models.wire import frames
from models.wire.frame_fields import field_words

Role = Literal["answer", "document", "input", "patch"]


def role_of(body: str) -> Role:
    """The role of what stands in a *body*."""
    return "patch" if body == "merge-patch" else "input"


class Schemas:
    """The schemas of a surface whose answers hold the types *answered*."""

    def __init__(self, answered: Iterable[Any]) -> None:
        self._kept = {struct for kind in DOCUMENTS for struct in _structs_in(types.type_info(kind))}
        self._answered: set[Any] = set()
        self._made: dict[str, tuple[Any, Json]] = {}
        for kind in answered:
            self.of(kind, "answer")
        self._answered = {cls for cls, _ in self._made.values()}

    @property
    def made(self) -> Json:
        """The schemas by name."""
        return {name: schema for name, (_, schema) in sorted(self._made.items())}

    def of(self, kind: Any, role: Role) -> Json:
        """The schema of *kind* in *role*; it may be one of several."""
        if isinstance(kind, UnionType):
            return {"anyOf": [self.of(member, role) for member in typing.get_args(kind)]}
        return self._of(types.type_info(kind), role)

    def parameters(self, kind: type[msgspec.Struct]) -> list[tuple[str, Json, bool]]:
        """The fields of *kind*, texts in a query: name, schema, whether it must be there."""
        info = types.type_info(kind)
        assert isinstance(info, types.StructType)
        return [
            (field.encode_name, self._parameter(field), field.required) for field in info.fields
        ]

    def _parameter(self, field: types.Field) -> Json:
        default = _default_of(field)
        return self._of(not_null(field.type), "input") | ({} if default is None else default)

    def _of(self, info: types.Type, role: Role) -> Json:
        alone = scalar(info)
        if alone is not None:
            return alone
        match info:
            case types.UnionType():
                return self._union(info.types, role)
            case types.StructType():
                return self._named(info, role)
            case types.Metadata():
                extra: Json = portable(info.extra_json_schema or {})
                return self._of(info.type, role) | extra
        return self._container(info, role)

    def _container(self, info: types.Type, role: Role) -> Json:
        match info:
            case types.CollectionType():
                member = self._of(info.item_type, _whole(role))
                return {"type": "array", "items": member} | lengths(info, "Items")
            case types.TupleType():
                members = [self._of(member_type, _whole(role)) for member_type in info.item_types]
                return {"type": "array", "prefixItems": members, "items": False}
            case types.DictType():
                values = self._of(info.value_type, role)
                values = nullable(values) if role == "patch" else values
                return {"type": "object"} | ({"additionalProperties": values} if values else {})
        raise TypeError(f"{info} has no JSON Schema here")

    def _union(self, members: Sequence[types.Type], role: Role) -> Json:
        rest = [member for member in members if not isinstance(member, types.NoneType)]
        structs = [member for member in rest if isinstance(member, types.StructType)]
        if len(rest) == 1:
            schema = self._of(rest[0], role)
        elif role == "patch" and structs:
            schema = self._any_member_of(structs)
        else:
            schema = {"anyOf": [self._of(member, role) for member in rest]}
            if all(struct.tag_field for struct in structs) and len(structs) == len(rest):
                schema = {"oneOf": schema["anyOf"]} | _discriminator(structs, schema["anyOf"])
        return nullable(schema) if len(rest) < len(members) else schema

    def _any_member_of(self, structs: Sequence[types.StructType]) -> Json:
        """A patch of one of *structs*: it may turn the one into another, field by field."""
        by_name: dict[str, list[Json]] = {}
        for struct in structs:
            for name, schema in self._patch_fields(struct).items():
                schemas = by_name.setdefault(name, [])
                schemas += [nullable(schema)] if nullable(schema) not in schemas else []
        fields = {
            name: any_of(schemas) | {"description": _words_of_any(structs, name)}
            for name, schemas in by_name.items()
        }
        for tag in {struct.tag_field for struct in structs if struct.tag_field}:
            fields[tag] = enumerated([struct.tag for struct in structs])
            fields[tag]["description"] = "Which of the forms it has."
        return {"type": "object", "properties": fields, "additionalProperties": False}

    def _named(self, info: types.StructType, role: Role) -> Json:
        if role == "answer" and issubclass(_origin(info.cls), Document):
            role = "document"
        name = self._name(info, role)
        if name not in self._made:
            self._made[name] = (info.cls, {})  # named already where it refers to itself
            self._made[name] = (info.cls, self._struct(info, role))
        if self._made[name][0] != info.cls:
            words = f"two types are called {name}: rename one"
            raise ValueError(words)
        return {"$ref": f"#/components/schemas/{name}"}

    def _name(self, info: types.StructType, role: Role) -> str:
        name = schema_name(info.cls)
        if role == "patch":
            return f"{name.removesuffix('Draft')}Patch"
        kept = info.cls in self._kept
        if role == "input" and info.cls in self._answered:
            shown: Role = "document" if kept else "answer"
            return name if self._is_the_same(info, "input", shown) else f"{name}Input"
        if role == "answer" and kept and not self._is_the_same(info, "answer", "document"):
            return f"{name}Answer"
        return name

    def _is_the_same(self, info: types.StructType, role: Role, other: Role) -> bool:
        nested = any(_structs_in(field.type) for field in info.fields)
        return not nested and self._struct(info, role) == self._struct(info, other)

    def _struct(self, info: types.StructType, role: Role) -> Json:
        words, by_field = described(info.cls)
        fields, required = self._fields(info, role)
        if info.tag_field and role != "patch":
            tag = constant(info.tag) | {"description": f"Always `{info.tag}`."}
            fields = {info.tag_field: tag} | fields
            required = [info.tag_field, *required]
        defaults = _defaults_in_words(info) if role == "input" else {}
        names = {field.encode_name: field.name for field in info.fields}
        for name in fields:
            own = by_field.get(name) or by_field.get(names.get(name, ""))
            if words_of_field := " ".join(filter(None, (own, defaults.get(name)))):
                fields[name] = fields[name] | {"description": words_of_field}
        return {
            "type": "object",
            **({"description": words} if words else {}),
            "properties": fields,
            **({"required": required} if required else {}),
            **({"additionalProperties": False} if info.forbid_unknown_fields else {}),
        }

    def _fields(self, info: types.StructType, role: Role) -> tuple[Json, list[str]]:
        if role in ("answer", "document"):
            return self._answer_fields(info, role)
        return self._input_fields(info) if role == "input" else (self._patch_fields(info), [])

    def _answer_fields(self, info: types.StructType, role: Role) -> tuple[Json, list[str]]:
        document = role == "document"
        hidden = fields_marked(info.cls, Privacy.HIDDEN) if document else frozenset()
        lean = _origin(info.cls).__struct_config__.omit_defaults
        fields, required = {}, []
        for field in info.fields:
            if field.name in hidden:
                continue
            absent = field.default is None and (document or lean)
            shown_type = not_null(field.type) if absent or document else field.type
            fields[field.encode_name] = self._of(shown_type, role)
            may_lack = shown_type != field.type or (lean and not field.required) or _is_unset(field)
            required += [] if may_lack else [field.encode_name]
        return fields, required

    def _input_fields(self, info: types.StructType) -> tuple[Json, list[str]]:
        fields = {field.encode_name: self._of(field.type, "input") for field in info.fields}
        return fields, [field.encode_name for field in info.fields if field.required]

    def _patch_fields(self, info: types.StructType) -> Json:
        return {
            field.encode_name: self._of(field.type, "patch")
            if field.required
            else nullable(self._of(field.type, "patch"))
            for field in info.fields
        }


def described(cls: Any) -> tuple[str, dict[str, str]]:
    """The docstring of *cls*, and what it and its bases say of each field under `Attributes`.

    What a document says nothing of, its draft may.
    """
    prose, _ = _sections(_origin(cls))
    is_of_frames = _origin(cls).__module__ == frames.__name__
    fields = field_words(cls) if is_of_frames else {}
    draft = getattr(_origin(cls), "draft", None)
    for base in (*_origin(cls).__mro__, *(draft.__mro__ if isinstance(draft, type) else ())):
        fields = _sections(base)[1] | fields
    return prose, fields


def _words_of_any(structs: Sequence[types.StructType], field: str) -> str:
    """What those of *structs* that have a *field* say of it."""
    words = (described(struct.cls)[1].get(field, "") for struct in structs)
    return " ".join(dict.fromkeys(filter(None, words)))


def _sections(cls: type) -> tuple[str, dict[str, str]]:
    """The docstring of *cls* without its section `Attributes`, and that by field."""
    words = inspect.cleandoc(cls.__doc__ or "")
    prose, _, attributes = words.partition("\n\nAttributes\n----------\n")
    fields = {}
    for names, text in re.findall(r"^(\S.*)\n((?:    .*\n?)+)", attributes, re.MULTILINE):
        for name in names.split(", "):
            fields[name] = " ".join(text.split())
    return prose, fields


def _whole(role: Role) -> Role:
    """The role of what stands in a list: a merge patch replaces it as a whole, nulls stay in it."""
    roles: dict[Role, Role] = {"patch": "input", "document": "answer"}
    return roles.get(role, role)


def _origin(cls: Any) -> Any:
    return typing.get_origin(cls) or cls


def _default_of(field: types.Field) -> Json | None:
    """What *field* is without being set, as a member of its schema; None if that is nothing."""
    if field.default is None or field.default is msgspec.NODEFAULT:
        return None
    return {"default": msgspec.json.decode(msgspec.json.encode(field.default))}


def _defaults_in_words(info: types.StructType) -> dict[str, str]:
    """The defaults of an input's fields, for people.

    Generators make something else of `default`: a field that must be there (openapi-typescript), or
    no operation at all where it is an object (openapi-python-client).
    """
    return {
        field.encode_name: f"Default: `{msgspec.json.encode(field.default).decode()}`."
        for field in info.fields
        if _default_of(field) is not None
    }


def _is_unset(field: types.Field) -> bool:
    """Whether the field is left out when nobody has set it."""
    return not field.required and (field.default, field.default_factory) == (
        msgspec.NODEFAULT,
        msgspec.NODEFAULT,
    )


def _structs_in(info: types.Type) -> set[Any]:
    """The structs that a value of type *info* may hold."""
    match info:
        case types.UnionType():
            return set().union(*map(_structs_in, info.types))
        case types.CollectionType():
            return _structs_in(info.item_type)
        case types.DictType():
            return _structs_in(info.value_type)
        case types.StructType():
            return {info.cls}.union(*(_structs_in(field.type) for field in info.fields))
    return set()


def _discriminator(structs: Sequence[types.StructType], references: Sequence[Json]) -> Json:
    mapping = {
        str(struct.tag): reference["$ref"]
        for struct, reference in zip(structs, references, strict=True)
    }
    return {"discriminator": {"propertyName": structs[0].tag_field, "mapping": mapping}}
