"""The product says to the byte what the vectors say, and takes what they hold."""

import msgspec
import pytest

from schemas.errors import InputError
from schemas.peer import PairAnswer, PairRequest
from service.peers import signing
from service.peers.invitation import from_code
from service.peers.relay.passes import pass_from_code
from service.peers.sealing import Context, open_sealed
from service.peers.signing import Bound
from service.peers.streams import StreamOpener, stream_context
from tests.contract.protocol import make
from tests.contract.protocol.handshake import Inviter, join
from tests.contract.protocol.material import (
    CONNECTION,
    FILE,
    HARBOR,
    HARBOR_URL,
    LAGOON,
    NOW,
    TWIN,
    content,
    private,
)

VECTORS = make.recorded()


def test_the_product_makes_the_recorded_vectors_again() -> None:
    again = make.text(make.make(VECTORS))
    assert again == FILE.read_text(), "run python -m tests.contract.protocol.make"
    assert len(again.encode()) < 90_000


def test_a_sealed_example_that_no_longer_opens_is_made_anew() -> None:
    spoilt = {name: sealed[:-2] + "00" for name, sealed in VECTORS["sealed"].items()}
    assert make.make({"sealed": spoilt})["sealed"] != spoilt


@pytest.mark.parametrize("vector", VECTORS["codes"], ids=lambda v: v["code"][:10])
def test_codes_are_read(vector: make.Vectors) -> None:
    read = from_code if vector["code"].startswith("TG1") else pass_from_code
    found = msgspec.to_builtins(read(vector["code"].lower()), builtin_types=(bytes,))
    assert found | {"secret": found["secret"].hex()} == vector["means"]


@pytest.mark.parametrize("vector", VECTORS["mangled"], ids=lambda v: str(v["group"]))
def test_the_first_wrong_group_of_a_code_is_named(vector: make.Vectors) -> None:
    with pytest.raises(InputError, match=f"group {vector['group']} "):
        from_code(vector["code"])


async def test_the_recorded_pair_request_is_answered() -> None:
    inviter, vector = Inviter(), VECTORS["pairing"]
    asked = msgspec.msgpack.decode(bytes.fromhex(vector["request"]), type=PairRequest)
    await inviter.desk.answer(asked)
    assert inviter.store.paired is not None
    assert inviter.store.paired.check == vector["check"]
    assert inviter.store.transcript.hex() == vector["request_transcript"]


async def test_the_recorded_pair_answer_is_taken() -> None:
    vector = VECTORS["pairing"]
    answer = msgspec.msgpack.decode(bytes.fromhex(vector["answer"]), type=PairAnswer)
    paired = await join(Inviter(answer))
    assert paired.check == vector["check"]
    assert paired.peer.id == HARBOR.id


@pytest.mark.parametrize("vector", VECTORS["requests"], ids=lambda v: v["method"])
def test_recorded_signatures_hold(vector: make.Vectors) -> None:
    headers, answer = vector["headers"], vector["answer"]
    name = next(iter(headers))
    target = signing.place(HARBOR_URL).target(
        vector["method"], vector["url"].removeprefix(HARBOR_URL)
    )
    signed = signing.read_request(headers, target, name)
    assert signed.base.decode() == vector["base"]
    signing.check_request(signed, LAGOON.identity_key, now=NOW + 59_000)
    signing.check_answer(
        answer["headers"],
        answer["status"],
        Bound("content-digest", answer["headers"]["content-digest"]),
        identity_key=HARBOR.identity_key,
        request_signature=signing.request_signature(headers),
    )


@pytest.mark.parametrize("vector", VECTORS["messages"], ids=lambda v: v["context"]["kind"])
def test_recorded_messages_are_opened(vector: make.Vectors) -> None:
    context = Context(**vector["context"])
    sealed = bytes.fromhex(vector["sealed"])
    assert open_sealed(LAGOON, private(HARBOR), context, sealed).hex() == vector["payload"]


@pytest.mark.parametrize("vector", VECTORS["streams"], ids=lambda v: str(v["size"]))
def test_recorded_streams_are_opened(vector: make.Vectors) -> None:
    whole = content(vector["size"])
    context = stream_context(CONNECTION, TWIN, vector["attachment"])
    header = make.header_of(bytes.fromhex(vector["sealed_head"]))
    opener = StreamOpener(LAGOON, private(HARBOR), context, header, limit=len(whole))
    assert opener.start == vector["skip"]
    opener.known(whole[: opener.start])
    opened = b"".join(opener.update(b"".join(make.frames_of(vector))))
    opener.finish()
    assert opened == whole[opener.start :]
