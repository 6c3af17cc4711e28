"""The signature under the audit log's checkpoints, and the pseudonyms in its entries."""

import hashlib
import hmac
import re
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from models.audit.entries import Checkpoint

ADDRESS: Final = "mailto:"  # how a target begins that is somebody's address

_PERSON: Final = re.compile(rf"usr_[0-9a-f-]{{36}}|{ADDRESS}.*", re.DOTALL)


class AuditSigner:
    """Signs checkpoints and pseudonymises names with the installation's key.

    Every node makes the same, and none keeps the signing key anywhere: it comes from the key of
    blind indexes (RFC 5869).
    """

    def __init__(self, key: bytes) -> None:
        derived = HKDF(hashes.SHA256(), 32, salt=None, info=b"upcoach audit checkpoints")
        self._signing = Ed25519PrivateKey.from_private_bytes(derived.derive(key))
        self._public = self._signing.public_key()
        self._names = HKDF(hashes.SHA256(), 32, salt=None, info=b"upcoach audit names").derive(key)
        self.name = hashlib.sha256(self._public.public_bytes_raw()).hexdigest()[:16]

    @property
    def public_pem(self) -> bytes:
        """The public key in PEM, for independent verifiers."""
        return self._public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def signed(self, checkpoint: Checkpoint) -> Checkpoint:
        """*checkpoint* with its signature."""
        named = msgspec.structs.replace(checkpoint, key=self.name)
        signature = self._signing.sign(named.signed).hex()
        return msgspec.structs.replace(named, signature=signature)

    def is_ours(self, checkpoint: Checkpoint) -> bool:
        """Whether the signature of *checkpoint* is valid."""
        try:
            self._public.verify(bytes.fromhex(checkpoint.signature), checkpoint.signed)
        except (InvalidSignature, ValueError):
            return False
        return True

    def pseudonym(self, name: str) -> str:
        """The pseudonym of *name* in the log; empty for nobody.

        Examples
        --------
        >>> AuditSigner(bytes(32)).pseudonym("usr_1")
        'psn_a727516f65eeccdc2b9ecf7972dbe974'

        """
        if not name:
            return ""
        digest = hmac.digest(self._names, name.encode(errors="replace"), "sha256")
        return f"psn_{digest[:16].hex()}"

    def masked(self, target: str) -> str:
        """*target* with pseudonyms in the place of people."""
        return _PERSON.sub(lambda match: self.pseudonym(match[0]), target)
