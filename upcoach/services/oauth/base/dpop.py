"""Verification of DPoP proofs (RFC 9449)."""

import base64
import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec

from models.base.clock import Clock
from upcoach.services.base import jwt_signatures
from upcoach.services.base.jwt_signatures import BadSignature
from upcoach.services.base.oauth_errors import invalid_proof
from upcoach.store.secrets.one_time_tokens import OneTimeTokens

ALGORITHMS: Final = ("ES256", "Ed25519")
LIFE: Final = dt.timedelta(seconds=60)  # how old a proof may be, and with the leeway how young
_PURPOSE: Final = "proof"


class DpopProof(msgspec.Struct, frozen=True):
    """The claims of a proof (RFC 9449, 4.2)."""

    jti: Annotated[str, msgspec.Meta(min_length=8, max_length=jwt_signatures.NAME)]
    htm: str
    htu: str
    iat: jwt_signatures.NumericDate
    ath: str | None = None


class DpopProofs:
    """Verifies proofs, each of which counts once."""

    def __init__(self, issuer: str, once: OneTimeTokens, clock: Clock) -> None:
        self._issuer = issuer
        self._once = once
        self._clock = clock

    async def key(
        self, proofs: Sequence[str], method: str, path: str, token: str | None = None
    ) -> str:
        """Verify the proof; return the thumbprint of its key, empty if there is no proof.

        Raises `OAuthError` for a proof that is not of this request, or comes again.
        """
        if not proofs:
            return ""
        if len(proofs) > 1:
            raise invalid_proof("There are two proofs.")
        try:
            proof, thumbprint = _opened(proofs[0])
        except BadSignature:
            raise invalid_proof("The proof is not signed as it says.") from None
        self._check(proof, method, path, token)
        # Last: a proof that is refused for anything else has not been used.
        name = f"{thumbprint}:{proof.jti}"
        if not await self._once.claim(_PURPOSE, name, 2 * (LIFE + jwt_signatures.LEEWAY)):
            raise invalid_proof("The proof was used before.")
        return thumbprint

    def _check(self, proof: DpopProof, method: str, path: str, token: str | None) -> None:
        if proof.htm != method or not self._is_here(proof.htu, path):
            raise invalid_proof("The proof is of another request.")
        age = self._clock().timestamp() - proof.iat
        if not -jwt_signatures.LEEWAY.total_seconds() <= age <= LIFE.total_seconds():
            raise invalid_proof("The proof is too old, or of the future.")
        if token is not None and proof.ath != _hash(token):
            raise invalid_proof("The proof is of another token.")

    def _is_here(self, uri: str, path: str) -> bool:
        try:
            parts = urlsplit(uri)
        except ValueError:
            return False
        origin = f"{parts.scheme}://{parts.netloc}".lower()  # RFC 3986, 6.2.2.1
        return origin == self._issuer.lower() and parts.path == path


def _opened(token: str) -> tuple[DpopProof, str]:
    header = jwt_signatures.header_of(token)
    alg = header.get("alg")
    if header.get("typ") != "dpop+jwt" or alg not in ALGORITHMS:
        raise BadSignature
    key = jwt_signatures.public_key(header.get("jwk"), alg)
    proof = jwt_signatures.read(jwt_signatures.payload_of(token, key, alg), DpopProof)
    assert isinstance(proof, DpopProof)
    return proof, key.thumbprint()


def _hash(token: str) -> str:
    digest = hashlib.sha256(token.encode(errors="surrogatepass")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
