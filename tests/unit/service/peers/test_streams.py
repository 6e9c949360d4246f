import hashlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import InputError, PeerError
from schemas.node import Peer
from service.peers.identity import NodeIdentity
from service.peers.streams import (
    CHUNK,
    ContentMismatch,
    StreamOpener,
    StreamSealer,
    stream_context,
)

SENDER = NodeIdentity.generate(os.urandom)
RECIPIENT = NodeIdentity.generate(os.urandom)
CONTEXT = stream_context("shared-1", "twin-1", "a1")


def peer(identity):
    return Peer(identity.id, "n", identity.identity_key, identity.message_key, "")


def sealed(content):
    sealer = StreamSealer(SENDER, peer(RECIPIENT), CONTEXT, os.urandom)
    return sealer.header, [*sealer.update(content), sealer.finish()]


def opened(header, frames, *, limit=1 << 30, context=CONTEXT, recipient=RECIPIENT, sender=SENDER):
    opener = StreamOpener(recipient, peer(sender), context, header, limit=limit)
    content = b"".join(part for frame in frames for part in opener.update(frame))
    opener.finish()
    return content


@given(size=st.integers(0, 3 * CHUNK), cuts=st.lists(st.integers(1, CHUNK), max_size=5))
def test_any_size_in_any_portions_comes_back(size, cuts):
    content = os.urandom(size)
    header, frames = sealed(content)
    whole, portions = b"".join(frames), []
    for cut in cuts:
        portions.append(whole[:cut])
        whole = whole[cut:]
    assert opened(header, [*portions, whole]) == content


CONTENT = os.urandom(2 * CHUNK + 100)


@pytest.mark.parametrize(
    "tamper",
    [
        lambda f: f[:-1],
        lambda f: f[:1],
        lambda f: [],
        lambda f: [f[1], f[0], f[2]],
        lambda f: [f[0], f[0], f[1], f[2]],
        lambda f: [f[0], f[2]],
        lambda f: [*f, f[2]],
        lambda f: [*f, b"\0"],
        lambda f: [f[0], f[1], f[2][:-1]],
        lambda f: [f[0][:-1] + bytes([f[0][-1] ^ 1]), f[1], f[2]],
        lambda f: [b"\xff\xff\xff\xff" + f[0][4:]],
        lambda f: [f[0], bytes([f[1][0] | 0x80]) + f[1][1:]],
    ],
    ids=["no end", "first only", "nothing", "reordered", "repeated", "gap", "appended", "trailing",
         "cut", "flipped", "huge frame", "early end"],
)  # fmt: skip
def test_tampering_is_noticed(tamper):
    header, frames = sealed(CONTENT)
    with pytest.raises(PeerError):
        opened(header, tamper(frames))


def test_frames_of_another_stream_do_not_fit():
    header, frames = sealed(CONTENT)
    _, others = sealed(CONTENT)
    with pytest.raises(PeerError):
        opened(header, [frames[0], others[1], frames[2]])


def test_a_stream_is_for_one_recipient_attachment_and_sender():
    header, frames = sealed(b"content")
    third = NodeIdentity.generate(os.urandom)
    for wrong in (
        {"recipient": third},
        {"sender": third},
        {"context": stream_context("shared-2", "twin-1", "a1")},
        {"context": stream_context("shared-1", "twin-2", "a1")},
        {"context": stream_context("shared-1", "twin-1", "a2")},
    ):
        with pytest.raises(PeerError):
            opened(header, frames, **wrong)


@pytest.mark.parametrize("header", ["", "%%%", "QUJD", "Ä"])
def test_a_malformed_header_is_refused(header):
    with pytest.raises(PeerError):
        opened(header, [])


def test_the_limit_holds_while_streaming():
    header, frames = sealed(CONTENT)
    with pytest.raises(InputError, match="larger") as caught:
        opened(header, frames[:1], limit=CHUNK - 1)
    assert caught.value.status == 413
    assert opened(header, frames, limit=len(CONTENT)) == CONTENT


def test_even_the_sender_cannot_go_on_after_the_end():
    sealer = StreamSealer(SENDER, peer(RECIPIENT), CONTEXT, os.urandom)
    frames = [sealer.finish(), sealer._frame(b"more", last=False)]
    with pytest.raises(PeerError, match="after its end"):
        opened(sealer.header, frames)


@given(size=st.integers(0, 3 * CHUNK), part=st.floats(0, 1))
def test_a_stream_goes_on_from_any_offset(size, part):
    content = os.urandom(size)
    skip = int(size * part)
    sealer = StreamSealer(SENDER, peer(RECIPIENT), CONTEXT, os.urandom, skip=skip)
    frames = [*sealer.update(content), sealer.finish()]
    opener = StreamOpener(RECIPIENT, peer(SENDER), CONTEXT, sealer.header, limit=size)
    assert opener.start == skip
    opener.known(content[:skip])
    rest = b"".join(part for frame in frames for part in opener.update(frame))
    opener.finish()
    assert rest == content[skip:]
    assert sum(map(len, frames)) < size - skip + 1024
    assert opener.sha256 == hashlib.sha256(content).hexdigest()


def test_a_head_that_is_not_the_senders_is_noticed_and_one_that_is_missing_too():
    for known, fault in ((b"x" * CHUNK, ContentMismatch), (CONTENT[:10], PeerError)):
        sealer = StreamSealer(SENDER, peer(RECIPIENT), CONTEXT, os.urandom, skip=CHUNK)
        frames = [*sealer.update(CONTENT), sealer.finish()]
        opener = StreamOpener(RECIPIENT, peer(SENDER), CONTEXT, sealer.header, limit=1 << 30)
        opener.known(known)
        with pytest.raises(fault):
            list(opener.update(b"".join(frames)))


def test_the_line_is_not_idle_while_the_sender_skips():
    sealer = StreamSealer(SENDER, peer(RECIPIENT), CONTEXT, os.urandom, skip=64 << 20)
    frames = [frame for _ in range(64) for frame in sealer.update(bytes(1 << 20))]
    assert len(frames) == 16
    assert max(map(len, frames)) < 64


def test_empty_frames_without_end_are_cut_off():
    sealer = StreamSealer(SENDER, peer(RECIPIENT), CONTEXT, os.urandom)
    frames = [sealer._frame(b"", last=False) for _ in range(3)]
    with pytest.raises(PeerError, match="does not go on"):
        opened(sealer.header, frames)


def test_a_long_skip_is_kept_alive_and_taken():
    size = 9 << 20
    sealer = StreamSealer(SENDER, peer(RECIPIENT), CONTEXT, os.urandom, skip=size)
    frames = [*sealer.update(bytes(size)), *sealer.update(b"rest"), sealer.finish()]
    opener = StreamOpener(RECIPIENT, peer(SENDER), CONTEXT, sealer.header, limit=1 << 30)
    opener.known(bytes(size))
    assert b"".join(opener.update(b"".join(frames))) == b"rest"
    opener.finish()
