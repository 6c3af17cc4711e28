"""Which pushes go where, by the settings; what is wrong with these is said before the start."""

import json
from typing import Final

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from config.setting_rows import SettingsError
from config.settings import Settings
from tests.config.keys import INDEX, PRODUCTION
from upcoach.node.process.outbound import Outbound
from upcoach.node.push_services import PushServices, check_push_services
from upcoach.services.base.push.web_push import decoded

PEM: Final = serialization.Encoding.PEM


def private(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    sealing: serialization.KeySerializationEncryption | None = None,
) -> str:
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(PEM, form, sealing or plain).decode()


def public(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(PEM, form).decode()


EC: Final = ec.generate_private_key(ec.SECP256R1())
RSA: Final = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEY: Final = private(EC)
P_384: Final = private(ec.generate_private_key(ec.SECP384R1()))
SEALED: Final = private(EC, serialization.BestAvailableEncryption(b"hidden"))
APNS: Final = {"team": "T1", "key_id": "K1", "topic": "org.upcoach", "key": KEY}
FCM: Final = {"project_id": "p", "client_email": "a@b.c", "private_key": private(RSA)}


def carriers_of(environ: dict[str, str]) -> tuple[dict[str, str], str]:
    """What carries pushes to each platform, and the key that browsers are given."""
    settings = Settings.from_environ(environ)
    nowhere = Outbound(loopback=False)
    services = PushServices(settings, nowhere, nowhere)
    pushing = services.pushing(None)  # type: ignore[arg-type]
    carriers = {str(name): type(of).__name__ for name, of in pushing.carriers.items()}
    return carriers, pushing.web_key


def test_nothing_is_pushed_until_it_is_configured() -> None:
    assert carriers_of(PRODUCTION) == ({}, "")


def test_in_development_pushes_are_files_and_browsers_get_a_key_all_the_same() -> None:
    carriers, key = carriers_of({})

    assert carriers == dict.fromkeys(("web", "ios", "android"), "PushFolder")
    assert len(decoded(key)) == 65


def test_what_is_configured_is_sent() -> None:
    carriers, key = carriers_of(
        {"UPCOACH_VAPID_KEY": INDEX, "UPCOACH_APNS": json.dumps(APNS)},
    )

    assert carriers == {"web": "WebPush", "ios": "Apns", "android": "PushFolder"}
    assert key != carriers_of({})[1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APNS", {"team": "T1"}),
        *(("APNS", APNS | {"key": key}) for key in ("none", public(EC), P_384, SEALED)),
        ("APNS", APNS | {"key": private(RSA)}),
        ("FCM", {"type": "service_account"}),
        *(("FCM", FCM | {"private_key": key}) for key in ("none", public(RSA), KEY, SEALED)),
    ],
)
def test_what_is_wrong_is_said_before_the_start(name: str, value: dict[str, str]) -> None:
    settings = Settings.from_environ({f"UPCOACH_{name}": json.dumps(value)})

    with pytest.raises(SettingsError, match=f"UPCOACH_{name} ") as refusal:
        check_push_services(settings)

    assert not any(len(text) > 20 and text in str(refusal.value) for text in value.values())


def test_what_is_right_is_started_with() -> None:
    environ = {"UPCOACH_FCM": json.dumps(FCM), "UPCOACH_APNS": json.dumps(APNS)}

    check_push_services(Settings.from_environ(environ))
