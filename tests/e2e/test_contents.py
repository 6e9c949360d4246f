"""What people really write and attach: any script, very long texts, many comments, huge files."""

import asyncio
import html
import re
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from service.quickstart.stage import Stage
from tests.e2e.companies import CONNECTION, RULES, companies, eventually, people
from tests.e2e.memory import PeakMemory
from tests.e2e.people import Alice, Bob, expected_fingerprint

pytestmark = pytest.mark.asyncio(loop_scope="module")

MEGABYTE = 1_000_000
COMMENTS = 500
LARGE_FILE = 200 * MEGABYTE
FLAT = 64 * MEGABYTE
"""By how much a node may grow while a file of three times this size passes through it."""

WORDS = (
    "Öl läuft aus, größer als ß; naïve façade, Łódź, İstanbul ı",
    "العربية تُكتب من اليمين إلى اليسار 123 ثم English",
    "עברית עם ניקוד: שָׁלוֹם וּבְרָכָה",
    "日本語の長い文章、漢字とかな。中文字符 한국어",
    "Emoji 🛢️ 👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🇩🇪 👍🏽 1️⃣",
    "ไทย हिन्दी தமிழ் ქართული Ελληνικά",
    "combining e\u0301 a\u0308\u0323 and z\u0335\u0321a\u0300\u0301lgo",
    "astral 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𓀀 𐍈; soft\u00adhyphen, no\u00a0break, zero\u200dwidth",
    "& < > \" ' &amp; &lt;b&gt; 100 % \\ C:\\temp",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with companies(tmp_path_factory.mktemp("c")) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alice_and_bob(stage: Stage) -> AsyncIterator[tuple[Alice, Bob]]:
    async with people(stage) as both:
        yield both


def told(lines: list[str]) -> list[str]:
    """Without the line that names who reported a mirror, where its tracker cannot say so."""
    return lines[1:] if lines[0].startswith("Reported by ") else lines


async def test_every_script_arrives_intact_both_ways(
    stage: Stage, alice_and_bob: tuple[Alice, Bob]
) -> None:
    alice, bob = alice_and_bob
    from_jira = await alice.create(WORDS[4], as_wiki(WORDS))
    from_azure = await bob.create(WORDS[1], as_html(WORDS))
    item = await eventually(lambda: _titled(bob, WORDS[4]), "at Bob's", stage=stage)
    key = await eventually(lambda: _titled(alice, WORDS[1]), "at Alice's", stage=stage)
    assert told(lines_of_html((await bob.look(item)).description)) == list(WORDS)
    assert lines_of_wiki((await alice.look(key)).description) == list(WORDS)
    await _talk(stage, alice, from_jira, bob, item)
    await _talk(stage, bob, from_azure, alice, key)


async def _talk(
    stage: Stage, person: Alice | Bob, mine: str, other: Alice | Bob, theirs: str
) -> None:
    label, name = "größe-日本-🛢️", "тест отчёт 報告 🛢️.txt"
    await person.comment(mine, WORDS[1])
    await person.attach(mine, name, WORDS[4].encode())
    await person.label(mine, label)

    async def arrived() -> bool:
        seen = await other.look(theirs)
        plain = lines_of_html if isinstance(other, Bob) else lines_of_wiki
        texts = [plain(body)[-1] for body in seen.comments]
        return WORDS[1] in texts and label in seen.labels and len(seen.attachments) > 0

    await eventually(arrived, "comment, label and file", stage=stage)
    assert await other.fetch(theirs, name) == WORDS[4].encode()


async def test_a_description_of_a_megabyte_arrives_intact_both_ways(
    stage: Stage, alice_and_bob: tuple[Alice, Bob]
) -> None:
    alice, bob = alice_and_bob
    lines = [f"{n} {WORDS[n % len(WORDS)]}" for n in range(14_000)]
    text = as_wiki(lines)
    assert len(text.encode()) > MEGABYTE
    began = time.monotonic()
    await alice.create("Long in Jira", text)
    item = await eventually(lambda: _titled(bob, "Long in Jira"), "at Bob's", stage=stage)
    print(f"{len(text.encode()):,} bytes of Jira text after {time.monotonic() - began:.1f} s")
    assert told(lines_of_html((await bob.look(item)).description)) == lines
    began = time.monotonic()
    await bob.create("Long in Azure DevOps", as_html(lines))
    key = await eventually(
        lambda: _titled(alice, "Long in Azure DevOps"), "at Alice's", stage=stage
    )
    print(f"{len(as_html(lines).encode()):,} bytes of HTML after {time.monotonic() - began:.1f} s")
    assert lines_of_wiki((await alice.look(key)).description) == lines
    # One word more, on the side that received it.
    await bob.describe(item, as_html([*lines, "one more"]))
    await eventually(lambda: _ends_with(alice, "Long in Jira", "one more"), "the edit", stage=stage)


async def test_a_rule_may_read_a_megabyte(stage: Stage, alice_and_bob: tuple[Alice, Bob]) -> None:
    alice, bob = alice_and_bob
    rules = await stage.harbor_admin.ask("GET", RULES)
    reading = (
        "    words = text(issue.description) if issue.description else ''\n    return Replica("
    )
    given = {name: rules[name] for name in ("outgoing", "incoming")}
    body = given | {
        "outgoing": rules["outgoing"].replace("    return Replica(", reading).replace(
            "summary=issue.summary", "summary=f'{issue.summary}: {len(words)}'"
        ),
    }  # fmt: skip
    assert (await stage.harbor_admin.ask("PUT", RULES, body))["version"]
    await alice.create("Counted", "a" * MEGABYTE)
    await eventually(lambda: _titled(bob, f"Counted: {MEGABYTE}"), "at Bob's", stage=stage)
    assert (await stage.harbor_admin.ask("PUT", RULES, given))["version"]


async def test_what_is_too_large_to_travel_waits_for_a_person_and_loses_nothing(
    stage: Stage, alice_and_bob: tuple[Alice, Bob]
) -> None:
    alice, bob = alice_and_bob
    key = await alice.create("Growing", "small")
    item = await eventually(lambda: _titled(bob, "Growing"), "at Bob's", stage=stage)
    await alice.comment(key, "Said before it grew")
    await alice.describe(key, "a" * 8 * MEGABYTE)
    error = await eventually(lambda: _only_error(stage), "it is parked", stage=stage)
    assert (error["issue"], error["fault"]) == (key, "peer")
    assert "too large" in error["message"]
    assert error["remedy"]
    await alice.describe(key, "small again")
    path = f"/api/v2/errors/{CONNECTION}/{error['twin']}/retry"
    assert await stage.harbor_admin.ask("POST", path, {}) == {"count": 1}

    async def all_is_there() -> bool:
        seen = await bob.look(item)
        said = [comment for comment in seen.comments if "Said before it grew" in comment]
        return "small again" in seen.description and len(said) == 1

    await eventually(all_is_there, "all of it at Bob's", stage=stage)


@pytest.mark.slow
async def test_five_hundred_comments_arrive_once_and_in_order_both_ways(
    stage: Stage, alice_and_bob: tuple[Alice, Bob]
) -> None:
    alice, bob = alice_and_bob
    key = await alice.create("Talkative", "")
    for n in range(COMMENTS):
        await alice.comment(key, as_wiki([f"from Jira {n} {WORDS[n % len(WORDS)]}"]))
    item = await eventually(lambda: _titled(bob, "Talkative"), "at Bob's", stage=stage)
    await _all_comments(stage, bob, item, "from Jira")
    for n in range(COMMENTS):
        await bob.comment(item, f"from Azure {n} {html.escape(WORDS[n % len(WORDS)])}")
    await _all_comments(stage, alice, key, "from Azure")
    assert len(await alice.comments(key)) == len(await bob.comments(item)) == 2 * COMMENTS


@pytest.mark.slow
async def test_a_file_of_200_mb_passes_with_memory_flat_both_ways(
    stage: Stage, alice_and_bob: tuple[Alice, Bob]
) -> None:
    alice, bob = alice_and_bob
    key = await alice.create("Heavy", "")
    item = await eventually(lambda: _titled(bob, "Heavy"), "at Bob's", stage=stage)
    await _warm_up(stage, alice, key, bob, item)
    expected = await asyncio.to_thread(expected_fingerprint, LARGE_FILE)
    nodes = [PeakMemory(name, stage.processes.pid(name)) for name in ("harbor", "lagoon")]
    for name, way in {
        "from-jira.bin": (alice, key, bob, item),
        "from-azure.bin": (bob, item, alice, key),
    }.items():
        for node in nodes:
            node.begin()
        seconds = await _passes(stage, name, *way)
        print(f"{name}: {seconds:.1f} s, {'; '.join(map(str, nodes))}")
        assert await way[2].fingerprint(way[3], name) == expected
        for node in nodes:
            assert node.grown() < FLAT, node
    assert not [*stage.folder.glob("*/attachments/*")], "a content was left behind"


async def _passes(
    stage: Stage, name: str, person: Alice | Bob, mine: str, other: Alice | Bob, theirs: str
) -> float:
    """Seconds until the large file is there."""
    began = time.monotonic()
    await person.attach_large(mine, name, LARGE_FILE)
    await eventually(lambda: _has_file(other, theirs, name), name, stage=stage, seconds=200)
    return time.monotonic() - began


async def _warm_up(stage: Stage, alice: Alice, key: str, bob: Bob, item: str) -> None:
    """What a node needs once for any file is not what a large file costs."""
    await alice.attach(key, "a.bin", b"a" * MEGABYTE)
    await eventually(lambda: _has_file(bob, item, "a.bin"), "a.bin", stage=stage)
    await bob.attach(item, "b.bin", b"b" * MEGABYTE)
    await eventually(lambda: _has_file(alice, key, "b.bin"), "b.bin", stage=stage)


async def _all_comments(stage: Stage, person: Alice | Bob, key: str, mark: str) -> None:
    began = time.monotonic()

    async def arrived() -> list[str] | None:
        found = [c for c in await person.comments(key) if mark in c]
        return found if len(found) >= COMMENTS else None

    found = await eventually(arrived, f"{mark}: all", stage=stage, seconds=150, pause=0.5)
    plain = lines_of_html if isinstance(person, Bob) else lines_of_wiki
    texts = [plain(body)[-1] for body in found]
    print(f"{len(found)} comments {mark}: the last after {time.monotonic() - began:.1f} s")
    assert texts == [f"{mark} {n} {WORDS[n % len(WORDS)]}" for n in range(COMMENTS)]


async def _titled(person: Alice | Bob, title: str) -> str | None:
    for key in await person.keys():
        if (await person.look(key)).summary == title:
            return key
    return None


async def _only_error(stage: Stage) -> Any:
    found = (await stage.harbor_admin.ask("GET", "/api/v2/errors"))["results"]
    assert len(found) <= 1, found
    return found[0] if found else None


async def _has_file(person: Alice | Bob, key: str, name: str) -> bool:
    return name in [file for file, _ in (await person.look(key)).attachments]


async def _ends_with(alice: Alice, title: str, word: str) -> bool:
    key = await _titled(alice, title)
    return key is not None and lines_of_wiki((await alice.look(key)).description)[-1] == word


def as_html(lines: list[str] | tuple[str, ...]) -> str:
    return "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in lines)


def as_wiki(lines: list[str] | tuple[str, ...]) -> str:
    """Jira shows an entity as its character, so one that is meant to be read is written twice."""
    return "\n\n".join(re.sub(r"&(?=\w+;)", "&amp;", line) for line in lines)


def lines_of_html(text: str) -> list[str]:
    """Paragraph by paragraph, without markup."""
    found = re.split(r"</(?:p|div|h\d|li)>|<br\s*/?>", text)
    return [
        plain for plain in (html.unescape(re.sub("<[^>]*>", "", f)).strip() for f in found) if plain
    ]


def lines_of_wiki(text: str) -> list[str]:
    found = re.split(r"\r?\n(?:\r?\n)+", text)
    texts = (html.unescape(re.sub(r"\\([^\w\s])", r"\1", line)) for line in found)
    return [text.strip() for text in texts if text.strip()]
