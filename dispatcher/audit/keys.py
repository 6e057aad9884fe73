"""The auditor's key: Ed25519, the private half in a file that only its owner may read, the public half beside it."""

import hashlib
import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from dispatcher.domain.errors import SettingsError

Keys = Mapping[str, Ed25519PublicKey]
"""Public keys by their id."""


def key_id(key: Ed25519PublicKey) -> str:
    """16 hexadecimal digits of the SHA-256 of the public key: says which key has signed, and nothing more."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


class Signer:
    """A private key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key()
        self.id = key_id(self.public)

    def sign(self, told: bytes) -> str:
        """The signature, 128 hexadecimal digits."""
        return self._key.sign(told).hex()


def signed(key: Ed25519PublicKey, signature: str, told: bytes) -> bool:
    """Whether `signature` is that key's over `told`, written as `Signer.sign` writes it."""
    try:
        raw = bytes.fromhex(signature)
        if raw.hex() != signature:
            return False
        key.verify(raw, told)
    except (InvalidSignature, ValueError):
        return False
    return True


def beside(private: Path) -> Path:
    """Where the public half of a key lies."""
    return private.with_name(private.name + ".pub")


def new(private: Path) -> Signer:
    """Make a pair: `private` (mode 0600) and ``<private>.pub``. Never over a file that exists: raises `SettingsError`."""
    signer = Signer(Ed25519PrivateKey.generate())
    pem = signer._key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    told = signer.public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for path, content, mode in ((private, pem, 0o600), (beside(private), told, 0o644)):
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                file.write(content)
        except FileExistsError:
            raise SettingsError(f"{path} exists", hint="A key is never overwritten; choose another name") from None
        except OSError as error:
            raise SettingsError(f"{path} cannot be written: {error.strerror}", hint="Choose another place") from None
    return signer


def load_private(path: Path) -> Signer:
    """The signer; raises `SettingsError` where there is none, it is no Ed25519 key, or others may read it."""
    content = _read(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SettingsError(f"{path} can be read by others than its owner", hint=f"Run `chmod 600 {path}`")
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"{path} is no private Ed25519 key", hint="Make one with `dispatcher audit key new FILE`")
    return Signer(key)


def load_public(paths: Iterable[Path]) -> Keys:
    """Public keys by their id; raises `SettingsError`."""
    found: dict[str, Ed25519PublicKey] = {}
    for path in paths:
        try:
            key = serialization.load_pem_public_key(_read(path))
        except ValueError:
            key = None
        if not isinstance(key, Ed25519PublicKey):
            raise SettingsError(
                f"{path} is no public Ed25519 key", hint="Give the .pub file of `dispatcher audit key new`"
            )
        found[key_id(key)] = key
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}", hint="Give the key's file") from None
