"""Ids, codes, cards and what follows from a secret: sections 3, 4, 5, 13 and 15."""

import base64
import hashlib
import hmac
import re
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.contract.protocol.other.wire import decode, pack


def b32(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()


def unb32(text: str) -> bytes:
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))


def node_id(identity_key: bytes) -> str:
    return b32(hashlib.sha256(identity_key).digest()[:16])


def hkdf(secret: bytes, info: bytes) -> bytes:
    """RFC 5869, 32 bytes: one block."""
    return hmac.digest(hmac.digest(bytes(32), secret, "sha256"), info + b"\x01", "sha256")


def holds(identity_key: bytes, signature: bytes, content: bytes) -> None:
    """Raises `InvalidSignature`."""
    Ed25519PublicKey.from_public_bytes(identity_key).verify(signature, content)


def invitation_code(means: dict[str, Any]) -> str:
    names = [unb32(means["id"]), unb32(means["node"]), bytes.fromhex(means["secret"])]
    fields: list[Any] = [*names, means["expires"] // 1000, means["url"]]
    fields.append(unb32(means["destination"]))
    if met := means["relay"]:
        fields.append([met["url"], unb32(met["node"]), met["channel"]])
    text = _with_checksum(b"tidegate invitation", pack(fields))
    parts = [text[at : at + 5] for at in range(0, len(text), 5)]
    checked = [part + check_letter(number, part) for number, part in enumerate(parts, 1)]
    return "-".join(["TG1", *checked])


def pass_code(means: dict[str, Any]) -> str:
    names = [unb32(means["id"]), unb32(means["node"]), bytes.fromhex(means["secret"])]
    text = _with_checksum(b"RP1", pack([*names, means["url"]]))
    return "-".join(["RP1", *(text[at : at + 6] for at in range(0, len(text), 6))])


def read_invitation(code: str) -> dict[str, Any]:
    """Raises `ValueError` whose argument is the number of the first wrong group."""
    text = re.sub("[^A-Z0-9]", "", code.upper())
    if not text.startswith("TG1"):
        raise ValueError(0)
    text = text[3:].translate(str.maketrans("018", "OIB"))
    groups = [text[at : at + 6] for at in range(0, len(text), 6)]
    for number, group in enumerate(groups, 1):
        if group[-1] != check_letter(number, group[:-1]):
            raise ValueError(number)
    content = unb32("".join(group[:-1] for group in groups))[:-4]
    id, node, secret, expires, url, destination, *relay = decode(content)
    met = {"url": relay[0][0], "node": b32(relay[0][1]), "channel": relay[0][2]} if relay else None
    read = {"id": b32(id), "node": b32(node), "secret": secret.hex(), "expires": expires * 1000}
    return {**read, "url": url, "destination": b32(destination), "relay": met}


def check_letter(number: int, part: str) -> str:
    return b32(hashlib.sha256(f"{number} {part}".encode()).digest())[0].upper()


def _with_checksum(label: bytes, content: bytes) -> str:
    return b32(content + hashlib.sha256(label + content).digest()[:4]).upper()


def check_node_card(raw: bytes) -> dict[str, Any]:
    card: dict[str, Any] = decode(raw)
    holds(card["identity_key"], card["signature"], b"tidegate-card-1" + card["message_key"])
    return card


def check_card(raw: bytes, pinned: bytes) -> dict[str, Any]:
    """What a node says of itself to one that knows it by `pinned`."""
    card = decode(raw)
    content: dict[str, Any] = decode(card["content"])
    holds(content["identity_key"], card["signature"], b"tidegate-card-2" + card["content"])
    for step in card.get("lineage", []):
        if step["old"] == pinned:
            said = b"tidegate-succession-1" + step["old"] + step["new"]
            holds(step["old"], step["by_old"], said)
            holds(step["new"], step["by_new"], said)
            pinned = step["new"]
    if pinned != content["identity_key"]:
        raise ValueError("The pinned identity did not hand over.")
    return content
