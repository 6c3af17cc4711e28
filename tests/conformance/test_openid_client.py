"""npm's `openid-client`, a certified relying party, drives two nodes over TLS."""

import asyncio
import contextlib
import dataclasses
import datetime as dt
import ipaddress
import os
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from config.settings import Settings
from models.base.ids import new_id
from models.base.merge_patch import Json
from tests.conformance.outside import HERE, VAR, node
from tests.support.server import PASSWORD
from tests.support.wire.relying import user_of
from upcoach.client import RestClient
from upcoach.node import app

REDIRECT = "https://app.example.org/cb"
GOODBYE = "https://app.example.org/bye"
PERMISSIONS = ("openid", "profile", "email", "offline_access", "goals:read", "goals:write")


def certified(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine with its key, and the authority that signed it."""
    authority, host = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "A test's authority")])
    alternatives = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    top = _certificate(
        name, name, authority.public_key(), x509.BasicConstraints(ca=True, path_length=0)
    )
    own = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    leaf = _certificate(own, name, host.public_key(), x509.SubjectAlternativeName(alternatives))
    pem = serialization.Encoding.PEM
    private = host.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain, trusted = folder / "server.pem", folder / "authority.pem"
    chain.write_bytes(private + leaf.sign(authority, hashes.SHA256()).public_bytes(pem))
    trusted.write_bytes(top.sign(authority, hashes.SHA256()).public_bytes(pem))
    return chain, trusted


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    extension: x509.ExtensionType,
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(extension, critical=True)
    )


@contextlib.asynccontextmanager
async def two_nodes(settings: Settings, chain: Path) -> AsyncIterator[tuple[app.Node, str]]:
    """Two nodes that share a port, and their issuer."""
    sockets = [bind_sockets(0, "127.0.0.1", reuse_port=True)]
    port = sockets[0][0].getsockname()[1]
    sockets.append(bind_sockets(port, "127.0.0.1", reuse_port=True))
    issuer = f"https://localhost:{port}"
    known = dataclasses.replace(settings, public_url=issuer)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain)
    assert known.mongo_url is not None
    assert known.redis_url is not None
    async with contextlib.AsyncExitStack() as stack:
        nodes = []
        for bound in sockets:
            running = app.running_node(known, known.mongo_url, known.redis_url)
            nodes.append(await stack.enter_async_context(running))
            server = HTTPServer(nodes[-1].application, ssl_options=context)
            server.add_sockets(bound)
            stack.push_async_callback(server.close_all_connections)
            stack.callback(server.stop)
        yield nodes[0], issuer


async def registered(one: app.Node) -> list[Json]:
    """A client of each kind, as the relying party knows it."""
    register = one.services.oauth.clients.register
    wanted: Json = {
        "redirects": (REDIRECT,),
        "logout_redirects": (GOODBYE,),
        "permissions": PERMISSIONS,
    }
    key = ECKey.generate_key("P-256", parameters={"kid": "one"})
    private = {**key.as_dict(private=True), "kid": "one"}
    jwks = {"keys": [{**key.as_dict(private=False), "kid": "one"}]}
    rows: list[tuple[str, Json]] = [
        ("none", {"kind": "public", "auth": "none"}),
        ("basic", {"kind": "confidential", "auth": "secret"}),
        ("post", {"kind": "confidential", "auth": "secret"}),
        ("private_key_jwt", {"kind": "confidential", "auth": "private_key_jwt", "jwks": jwks}),
    ]
    apps: list[Json] = []
    for auth, fields in rows:
        client, secret = await register(name=f"App {auth}", **wanted, **fields)
        apps.append({"auth": auth, "id": client.id, "secret": secret, "jwk": private})
    return apps


@pytest.mark.conformance
@pytest.mark.timeout(900)
async def test_a_certified_relying_party_finds_nothing_wrong(
    settings: Settings, tmp_path: Path
) -> None:
    program = await asyncio.to_thread(node, newer_than=(20, 0))
    chain, authority = certified(tmp_path)
    async with two_nodes(settings, chain) as (one, issuer):
        email = f"{new_id('test')}@example.org"
        async with app.listening(one.application, "127.0.0.1", 0) as port:
            anonymous = RestClient(f"http://127.0.0.1:{port}")
            await anonymous.register(email, PASSWORD, "Ann Example")
            anonymous.close()
        plan = {
            "issuer": issuer,
            "redirect": REDIRECT,
            "goodbye": GOODBYE,
            "sub": await user_of(one, email),
            "user": {"email": email, "password": PASSWORD},
            "apps": await registered(one),
        }
        process = await asyncio.create_subprocess_exec(
            program,
            HERE / "openid_client.mjs",
            env=os.environ
            | {
                "NODE_EXTRA_CA_CERTS": str(authority),
                "PACKAGES": str(VAR / "node"),
                "PLAN": msgspec.json.encode(plan).decode(),
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()

    assert process.returncode == 0, err.decode()
    result = msgspec.json.decode(out.splitlines()[-1])
    assert result["failed"] == []
    assert result["passed"] >= 100
    print(f"openid-client: {result['passed']} checks, 0 failures")
