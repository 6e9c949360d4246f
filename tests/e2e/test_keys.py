"""Keys, identities and addresses change under a running connection, from the command line alone."""

import asyncio
from pathlib import Path

from tests.e2e.companies import CONNECTION, eventually
from tests.e2e.keepers import Keepers, keepers
from tests.e2e.rig import HOST
from tests.support.ports import free_port


async def test_keys_identities_and_addresses_change_under_a_running_connection(
    folder: Path,
) -> None:
    async with keepers(folder) as at:
        twins = await at.twins()
        await _fresh_message_keys(at)
        await _fresh_identities(at)
        await _revoked_and_renewed(at)
        await _another_name(at)
        await _another_port(at)
        assert await at.twins() == twins


async def _fresh_message_keys(at: Keepers) -> None:
    for terminal in (at.harbor, at.lagoon):
        before = await terminal("node", "keys")
        after = await terminal("node", "rotate-keys")
        assert after["serial"] > before["serial"]
        assert after["message_keys"] == 2
        assert after["identity"] == before["identity"]
    await at.travels("fresh message keys")
    for terminal in (at.harbor, at.lagoon):
        await at.told(terminal)


async def _fresh_identities(at: Keepers) -> None:
    """On both sides at the same time, while issues are edited."""
    was = [await terminal("node", "keys") for terminal in (at.harbor, at.lagoon)]
    await at.rig.alice.rename(at.issue, "while identities change")
    now = await asyncio.gather(
        at.harbor("node", "rotate-identity"), at.lagoon("node", "rotate-identity")
    )
    await at.arrives("while identities change")
    for before, after in zip(was, now, strict=True):
        assert after["identity"] != before["identity"]
        assert before["identity"] in after["earlier_identities"]
    await at.travels("fresh identities")
    for terminal, other, name in ((at.harbor, now[1], "lagoon"), (at.lagoon, now[0], "harbor")):
        await at.told(terminal)
        assert (await terminal("peer", "show", name))["identity"] == other["identity"]
        noted = (await terminal("activity"))["results"]
        assert "peer.identity_changed" in [each["event"] for each in noted]
    await at.travels("after fresh identities")


async def _revoked_and_renewed(at: Keepers) -> None:
    assert (await at.lagoon("peer", "revoke", "harbor"))["state"] == "revoked"
    here = await at.lagoon.becomes(CONNECTION, "broken")
    assert "tidegate peer renew" in here["reason"]
    await at.harbor.becomes(CONNECTION, "broken")
    standing = (await at.rig.bob.look(at.work_item)).summary
    await at.rig.alice.rename(at.issue, "while revoked")
    await at.harbor("sync", at.issue, "--connection", CONNECTION)
    assert (await at.rig.bob.look(at.work_item)).summary == standing
    # The private side cannot be asked, so it is told who can make the code.
    assert "private" in await at.harbor.refuses("peer", "renew", "lagoon")
    code = (await at.lagoon("peer", "renew", "harbor"))["code"]
    listed = (await at.lagoon("invitation", "list"))["results"]
    assert [each["status"] for each in listed if not each["connection"]] == ["open"]
    assert "renews the keys" in await at.harbor.refuses(
        "connection", "accept", code, "--connector", "tracker"
    )
    renewed = await at.harbor("peer", "renew", "lagoon", "--code", code)
    assert renewed["check"]
    for terminal in (at.harbor, at.lagoon):
        await terminal.becomes(CONNECTION, "active")
    await at.arrives("while revoked")
    await at.travels("renewed")


async def _another_name(at: Keepers) -> None:
    """Lagoon gets another URL while the old one still leads to it: harbor is told, and follows."""
    await _restart_lagoon(at, f'public_url = "http://{HOST}', 'public_url = "http://localhost')

    async def followed() -> bool:
        return "localhost" in (await at.harbor("peer", "show", "lagoon"))["url"]

    await eventually(followed, "harbor follows lagoon to its new name", seconds=20)
    await at.travels("by another name")


async def _another_port(at: Keepers) -> None:
    """The old address leads nowhere: only the administrator can tell harbor."""
    port = free_port()
    url = f"http://{HOST}:{port}"
    text = await asyncio.to_thread(at.lagoon.config.read_text)
    old = next(line for line in text.splitlines() if line.startswith("public_url"))
    moved = f'public_url = "{url}"\n[listen]\npeers = "{HOST}:{port}"'
    await _restart_lagoon(at, f"{old}\n[listen]", moved)
    wrong = f"http://{HOST}:{free_port()}"
    assert await at.harbor.refuses("peer", "set-url", "lagoon", wrong)
    assert (await at.harbor("peer", "set-url", "lagoon", url))["url"] == url
    await at.travels("at another port")


async def _restart_lagoon(at: Keepers, old: str, new: str) -> None:
    def rewrite() -> None:
        text = at.lagoon.config.read_text()
        assert old in text
        at.lagoon.config.write_text(text.replace(old, new, 1))

    await at.rig.lagoon.stop()
    await asyncio.to_thread(rewrite)
    await at.rig.lagoon.start()
    await at.rig.wait_until_ready()
