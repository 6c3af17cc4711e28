"""The OpenAPI document: generated, checked in, served, valid, and the whole of the surface."""

import asyncio
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from tornado.httpclient import AsyncHTTPClient

from config.settings import Settings
from handlers import openapi
from handlers.contexts import ROUTER
from handlers.http.operations import Route
from handlers.http.rest.operation_handler import OperationHandler
from handlers.notifications.push_pages import PushWorkerScript
from handlers.openapi import oauth_endpoints, other_routes, page, schemas
from handlers.openapi.examples import example_of
from handlers.openapi.operation_ids import NAMED
from handlers.openapi.schema_names import schema_name
from handlers.openapi.static_documents import AGE_S, Redirection, without_prose
from handlers.pages.base import PageHandler
from models.account import User
from models.base.document import Privacy, fields_marked
from models.base.merge_patch import Json
from models.contexts import DOCUMENTS
from models.goals import GoalDraft
from models.habits import HabitDraft, NewHabit
from tests.conformance.outside import HERE, VAR, node
from tests.support.server import Server, serving

CHECKED_IN = Path("docs/openapi.json")
DOCUMENT = openapi.document(ROUTER)
COMPONENTS = DOCUMENT["components"]["schemas"]
METHODS = {"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"}


def test_the_document_that_is_checked_in_is_the_one_of_the_surface() -> None:
    assert CHECKED_IN.read_bytes() == openapi.text(ROUTER), (
        "The surface, its types or their docstrings have changed, and so does what clients depend "
        "on: `make docs` writes docs/openapi.json anew.  Whatever vanishes from it breaks them."
    )


def test_the_document_is_valid() -> None:
    assert [str(flaw) for flaw in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_no_pattern_is_in_the_words_of_python() -> None:
    patterns = re.findall(r'"pattern": "(.*)"', CHECKED_IN.read_text())

    assert patterns != []
    assert [pattern for pattern in patterns if r"\\Z" in pattern or "(?P<" in pattern] == []


def test_the_document_and_the_router_name_the_same_operations() -> None:
    described = {
        (method.upper(), path)
        for path, item in DOCUMENT["paths"].items()
        for method in item
        if method != "parameters"
    }

    routed = {(method, route.path) for route in ROUTER.routes for method in route.operations} | {
        ("GET", row.path) for row in other_routes.ROWS
    }
    routed |= {(row.method, row.path) for row in oauth_endpoints.ROWS}
    names = [
        operation["operationId"]
        for item in DOCUMENT["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
    ]
    assert described == routed
    assert len(names) == len(set(names))


def assert_same_paths(server: Server) -> None:
    """The document and the server have the same paths."""
    rules = server.node.application.wildcard_router.rules
    served = {
        _path(rule.matcher.regex.pattern): rule.target  # type: ignore[attr-defined]
        for rule in rules
    }
    of_pages = PageHandler | PushWorkerScript | Redirection
    for_people = {path for path, kind in served.items() if issubclass(kind, of_pages)}
    described = {re.sub(r"\{\w+\}", "{}", path) for path in DOCUMENT["paths"]}
    assert described <= served.keys()
    assert served.keys() - described == for_people - described


def _path(pattern: str) -> str:
    """The path that a route's pattern stands for, its variable parts without a name."""
    return re.sub(r"\\(.)", r"\1", re.sub(r"\(\?P<\w+>[^)]*\)", "{}", pattern).strip("^$"))


def test_every_variable_part_of_a_path_is_described() -> None:
    for route in ROUTER.routes:
        described = DOCUMENT["paths"][route.path].get("parameters", [])
        assert tuple(one["name"] for one in described) == route.names


def test_no_answer_has_a_hidden_field_or_a_null() -> None:
    answered = [kind for kind in DOCUMENTS if schema_name(kind) in COMPONENTS]

    assert User in answered
    for kind in answered:
        fields = without_prose(COMPONENTS[schema_name(kind)]["properties"])
        assert not fields.keys() & fields_marked(kind, Privacy.HIDDEN)
        assert [name for name, one in fields.items() if "null" in json.dumps(one)] == []
    assert "password_hash" not in json.dumps(DOCUMENT)


def test_a_patch_has_every_field_by_itself_and_null_where_it_may_be_taken_away() -> None:
    goal, habit = COMPONENTS["GoalPatch"], COMPONENTS["HabitPatch"]

    assert set(goal["properties"]) == set(GoalDraft.__struct_fields__)
    assert "required" not in goal
    assert goal["additionalProperties"] is False
    fields = without_prose(goal["properties"])
    assert fields["title"] == {"type": "string", "minLength": 1, "maxLength": 255}
    assert fields["description"] == {"type": ["string", "null"], "maxLength": 1000}
    schedule = habit["properties"]["schedule"]
    assert schedule["type"] == ["object", "null"]
    assert {"type", "days", "times"} <= set(schedule["properties"])
    days = schedule["properties"]["days"]
    assert days["type"] == ["integer", "array", "null"]
    assert (days["maximum"], days["items"]["maximum"]) == (366, 7)
    assert set(habit["properties"]) == set(HabitDraft.__struct_fields__)


def test_an_input_tells_what_it_is_without() -> None:
    fields = COMPONENTS[NewHabit.__name__]["properties"]

    assert COMPONENTS[NewHabit.__name__]["required"] == ["name"]
    assert fields["tz"]["type"] == "string"
    assert "owner" in fields["tz"]["description"]  # whose zone it is without one
    assert "Default" not in fields["tz"]["description"]
    assert fields["schedule"]["description"].endswith('Default: `{"type":"daily"}`.')
    assert "Default" not in fields["id"].get("description", "")
    assert without_prose(COMPONENTS["Habit"]["properties"])["tz"] == {"type": "string"}


def test_no_body_has_a_default_of_which_generators_make_something_else() -> None:
    told = {name for name, schema in COMPONENTS.items() if '"default": ' in json.dumps(schema)}
    assert told == {"Journal"}  # which has a field of this name


def test_what_is_named_is_there_and_every_name_begins_with_what_it_does() -> None:
    names = {
        f"{method.upper()} {path}": operation["operationId"]
        for path, item in DOCUMENT["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }
    assert NAMED.keys() <= names.keys()
    odd = [name for name in names.values() if not re.fullmatch(r"[a-z]+([A-Z][a-z]*)*", name)]
    assert odd == []
    assert [name for name in names.values() if name.startswith(("post", "put", "patch"))] == []
    assert [name for name in names.values() if "ById" in name] == []


def test_what_has_no_json_is_no_schema() -> None:
    with pytest.raises(TypeError, match="no JSON Schema"):
        schemas.Schemas([complex])


def test_two_types_of_one_name_are_not_taken_for_each_other() -> None:
    one = msgspec.defstruct("Thing", [("a", int)])
    other = msgspec.defstruct("Thing", [("b", int)])

    with pytest.raises(ValueError, match="two types are called Thing"):
        schemas.Schemas([one, other])


async def test_everybody_may_read_and_keep_the_document(settings: Settings) -> None:
    async with serving(settings) as server:
        await server.person()
        anonymous = server.client()
        for path, kind in (("/openapi.json", openapi.MEDIA_TYPE), ("/docs", page.MEDIA_TYPE)):
            answer = await anonymous.call("GET", path)
            tag = answer.headers["etag"]
            again = await anonymous.call("GET", path, headers={"If-None-Match": tag})
            head = await anonymous.call("HEAD", path)

            assert (answer.status, answer.headers["content-type"]) == (200, kind)
            assert answer.headers["cache-control"] == f"public, max-age={AGE_S}"
            assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
            assert (head.status, head.body, head.headers["etag"]) == (200, b"", tag)
        served = await anonymous.call("GET", "/openapi.json")
        shown = await anonymous.call("GET", "/docs")

    assert served.body == DOCUMENT
    assert shown.headers["content-security-policy"] == page.POLICY
    text = shown.body.decode().replace(f"<script>{page.SCRIPT}</script>", "", 1)
    # Behind a colon and a quote stand examples of bodies.
    assert not re.search(r"<script|(?<!:\")https?://|<link|<img|\son\w+=|style=", text)
    for path in DOCUMENT["paths"]:
        assert f"<code>{path}</code>" in text
    links = set(re.findall(r"href=#(\w+)", text))
    assert links <= set(re.findall(r"id=(\w+)", text))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_slash_too_many_leads_to_the_page(settings: Settings, method: str) -> None:
    async with serving(settings) as server:
        answer = await AsyncHTTPClient().fetch(
            f"{server.url}/docs/", method=method, follow_redirects=False, raise_error=False
        )
        wrong = await server.client().call("POST", "/docs/", {})

    assert (answer.code, answer.headers.get("Location")) == (302, "/docs")
    assert (wrong.status, wrong.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


def bodies() -> Iterator[tuple[str, Json]]:
    """The schemas of JSON bodies, by their operation."""
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                for kind, media in operation.get("requestBody", {}).get("content", {}).items():
                    if "json" in kind:
                        yield f"{method} {path}", media["schema"]


def test_every_example_is_a_body_that_its_operation_takes() -> None:
    wrong = []
    for place, schema in bodies():
        whole = Draft202012Validator({**schema, "components": DOCUMENT["components"]})
        errors = whole.iter_errors(example_of(DOCUMENT, schema))
        wrong += [(place, error.message) for error in errors]
    assert wrong == []


def test_the_page_has_landmarks_contents_and_heads_of_tables() -> None:
    text = page.page(DOCUMENT).decode()

    assert re.findall(r"<(header|nav|main)[ >]", text) == ["header", "nav", "main"]
    for tag in DOCUMENT["tags"]:
        assert f">{tag['name']}</a>" in text
    assert text.count("<table>") == text.count("<thead>")
    assert "Default: <code>&quot;u:me&quot;</code>." in text
    assert f"style-src {page._source(page.STYLE)}" in page.POLICY
    body = text.split("<main>")[1].split("</main>")[0]
    assert body.count("<section") == body.count("</section>") == len(DOCUMENT["tags"]) + 1


def test_the_page_escapes_what_it_shows() -> None:
    assert page.prose("<b> & `<i>`") == "<p>&lt;b&gt; &amp; <code>&lt;i&gt;</code></p>"


async def test_every_path_is_described_and_says_which_methods_it_has(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        assert_same_paths(server)
        for route in ROUTER.routes:
            url = route.path.format(**dict.fromkeys(route.names, "2026-01-05"))
            allowed = _allowed(route)
            options = await person.call("OPTIONS", url)
            assert (options.status, options.headers["allow"]) == (204, ", ".join(sorted(allowed)))
            for method in METHODS - allowed:
                refused = await person.call(method, url)
                assert (refused.status, refused.headers["allow"]) == (405, options.headers["allow"])
                assert method == "HEAD" or refused.body["code"] == "method_not_allowed"
            if "GET" in allowed:
                got, head = await person.call("GET", url), await person.call("HEAD", url)
                assert (head.status, head.body) == (got.status, b"")
                assert head.headers["content-length"] == got.headers["content-length"]


def _allowed(route: Route) -> set[str]:
    assert OperationHandler.SUPPORTED_METHODS
    return {*route.operations, "OPTIONS"} | ({"HEAD"} if "GET" in route.operations else set())


async def _node(*arguments: str | Path) -> bytes:
    """What a program for Node prints."""
    program = await asyncio.to_thread(node)
    process = await asyncio.create_subprocess_exec(
        program,
        *arguments,
        env=os.environ | {"PACKAGES": str(VAR / "node")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, (output + errors).decode()
    return output


@pytest.mark.conformance
async def test_the_document_is_valid_to_spectral() -> None:
    verdict: Json = msgspec.json.decode(await _node(HERE / "openapi.mjs", CHECKED_IN))

    # A WebSocket's good answer is 101, which Spectral does not know of.
    assert [(said["code"], said["path"]) for said in verdict["said"]] == [
        ("operation-success-response", "paths//v1/live/get/responses")
    ]


@pytest.mark.conformance
async def test_types_that_are_made_from_the_document_compile(tmp_path: Path) -> None:
    await asyncio.to_thread(node)
    modules = VAR / "node" / "node_modules"
    (tmp_path / "package.json").write_text("{}")
    program = (HERE / "openapi.ts").read_text()
    (tmp_path / "program.ts").write_text(program)
    (tmp_path / "wrong.ts").write_text(program.replace('"health"', '"sports"'))

    # What has a default may be left out; the generator would have it always there.
    made = ("-o", tmp_path / "api.d.ts")
    await _node(modules / "openapi-typescript/bin/cli.js", CHECKED_IN, *made)
    compiler = (modules / "typescript/bin/tsc", "--noEmit", "--strict", "--target", "es2022")
    await _node(*compiler, tmp_path / "api.d.ts", tmp_path / "program.ts")
    with pytest.raises(AssertionError, match="sports"):
        await _node(*compiler, tmp_path / "wrong.ts")
