"""Clients that others' programs make from the description: they compile, and each makes calls."""

import asyncio
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from config.settings import Settings
from tests.conformance.outside import HERE, VAR, generators, java, node
from tests.support.server import serving

DESCRIPTION: Final = Path("docs/openapi.json").absolute()
# What each program prints: the status of each call, in its order.
STATUSES: Final = [
    *("200", "201", "200", "200", "200", "201", "200", "200"),  # the caller, and a goal
    *("201", "200", "201", "200", "200", "200"),  # a habit
    *("201", "200", "201", "200", "201", "200"),  # a task, a mood, an entry of the journal
    *("200", "204", "404"),
]
JAVA: Final = (
    *("generate", "-g", "java", "--library", "native", "-i", DESCRIPTION),
    *("--additional-properties", "openApiNullable=false,hideGenerationTimestamp=true"),
    *("--global-property", "apiTests=false,modelTests=false,apiDocs=false,modelDocs=false"),
)
# What its Java imports and does not need here, from packages that its own jar has not.
STUBS: Final = {
    "javax/annotation/Generated.java": (
        "package javax.annotation;\n"
        'public @interface Generated { String value(); String comments() default ""; }'
    ),
    "org/apache/http/entity/mime/MultipartEntityBuilder.java": (
        "package org.apache.http.entity.mime; public class MultipartEntityBuilder {}"
    ),
}


async def ran(*command: str | Path, cwd: Path, environ: Mapping[str, str] | None = None) -> str:
    """What a program prints that ends well."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env=os.environ | (environ or {}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()[-3_000:]
    return output.decode()


async def assert_calls(
    settings: Settings,
    *command: str | Path,
    cwd: Path,
    environ: Mapping[str, str] | None = None,
) -> None:
    """Let a program make its calls to a server, as somebody who is new."""
    async with serving(settings) as server:
        person = await server.person()
        output = await ran(*command, server.url, person.token, cwd=cwd, environ=environ)

    assert [line.rpartition(" ")[2] for line in output.splitlines()] == STATUSES


@pytest.mark.conformance
async def test_a_client_in_python(settings: Settings, tmp_path: Path) -> None:
    tools = await asyncio.to_thread(generators)
    generator = tools / "bin" / "openapi-python-client"
    made = ("generate", "--path", DESCRIPTION, "--meta", "none", "--output-path")
    said = await ran(generator, *made, tmp_path / "upcoach_api", cwd=tmp_path)
    python = tools / "bin" / "python"
    await ran(python, "-m", "compileall", "-q", tmp_path, cwd=tmp_path)

    # Each operation is there, if not each kind of body and answer.
    assert "Endpoint will not be generated" not in said
    program = HERE / "generated_calls.py"
    await assert_calls(
        settings, python, program, cwd=tmp_path, environ={"PYTHONPATH": str(tmp_path)}
    )


@pytest.mark.conformance
async def test_a_client_in_typescript(settings: Settings, tmp_path: Path) -> None:
    program = await asyncio.to_thread(node)
    modules = VAR / "node" / "node_modules"
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "node_modules").symlink_to(modules)
    shutil.copy(HERE / "generated_calls.ts", tmp_path)
    types = ("-o", tmp_path / "api.d.ts")
    await ran(program, modules / "openapi-typescript/bin/cli.js", DESCRIPTION, *types, cwd=tmp_path)
    options = ("--strict", "--target", "es2022", "--module", "nodenext", "generated_calls.ts")
    await ran(program, modules / "typescript/bin/tsc", *options, cwd=tmp_path)

    await assert_calls(settings, program, "generated_calls.js", cwd=tmp_path)


@pytest.mark.conformance
@pytest.mark.timeout(600)
async def test_a_client_in_java(settings: Settings, tmp_path: Path) -> None:
    runtime, compiler = java()
    tools = await asyncio.to_thread(generators)
    (jar,) = tools.glob("lib/python*/site-packages/openapi_generator_cli/*.jar")
    await ran(runtime, "-jar", jar, *JAVA, "-o", tmp_path / "made", cwd=tmp_path)
    for name, text in STUBS.items():
        stub = tmp_path / "stubs" / name
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text(text)
    shutil.copy(HERE / "GeneratedCalls.java", tmp_path)
    sources = [*(tmp_path / "made/src/main").rglob("*.java"), *(tmp_path / "stubs").rglob("*.java")]
    (tmp_path / "sources").write_text("\n".join(map(str, [*sources, "GeneratedCalls.java"])))
    options = ("-nowarn", "-proc:none", "-cp", jar, "-d", "classes")
    await ran(compiler, *options, "@sources", cwd=tmp_path)

    path = os.pathsep.join((str(tmp_path / "classes"), str(jar)))
    await assert_calls(settings, runtime, "-cp", path, "GeneratedCalls", cwd=tmp_path)
