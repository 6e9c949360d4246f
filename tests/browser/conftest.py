"""A browser without a window, and a node whose pages it opens."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.contract.api.house import House, opened

Open = Callable[..., Page]
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("house")) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as driver:
        # It sees our own pages alone, and a sandbox is not to be had in every container.
        found = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def watched(browser: Browser, house: House) -> Iterator[Open]:
    """Opens pages; at the end none may have complained, or asked anyone but this node."""
    complaints: list[str] = []
    contexts = []

    def look(path: str, *, refused: tuple[int, ...] = (), **more: object) -> Page:
        """`refused`: statuses that a test brings about, which a browser complains of."""
        context = browser.new_context(base_url=house.base, **more)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        expected = tuple(f"the server responded with a status of {each}" for each in refused)
        page.on(
            "console",
            lambda said: (
                None
                if said.type not in ("error", "warning") or any(e in said.text for e in expected)
                else complaints.append(said.text)
            ),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda asked: (
                None if asked.url.startswith(house.base + "/") else complaints.append(asked.url)
            ),
        )
        page.goto(path)
        return page

    yield look
    for context in contexts:
        context.close()
    assert complaints == []
