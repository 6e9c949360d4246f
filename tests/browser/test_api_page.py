"""The API's page, as a newcomer meets it."""

import re

import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.contract.api.house import ADMIN, House

DOCS = "/api/v2/docs"
METHODS = ("get", "post", "put", "patch", "delete")


def test_each_operation_of_the_document_is_told_and_found(watched: Open, house: House) -> None:
    document = requests.get(f"{house.api}/openapi.json").json()
    operations = {
        item[method]["operationId"]: (method.upper(), path)
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    }
    page = watched(f"{DOCS}/#operation-twins")
    expect(page.locator("#operation-twins")).to_be_in_viewport()
    expect(page.get_by_role("status").first).to_have_text(f"{len(operations)} operations")
    told = page.eval_on_selector_all(
        "#operations section",
        "all => all.map(each => [each.id.replace('operation-', ''),"
        " each.querySelector('.method').textContent, each.querySelector('h3 code').textContent])",
    )
    assert {name: (method, path) for name, method, path in told} == operations
    listed = page.eval_on_selector_all(
        "#index a", "all => all.map(each => each.hash.replace('#operation-', ''))"
    )
    assert sorted(listed) == sorted(operations)
    astray = page.eval_on_selector_all(
        "a[href^='#']",
        "all => all.filter(each => !document.getElementById(each.hash.slice(1)))"
        ".map(each => each.hash)",
    )
    assert astray == []
    named = page.eval_on_selector_all("#types section", "all => all.map(each => each.id)")
    assert named == [f"type-{name}" for name in sorted(document["components"]["schemas"])]

    page.keyboard.press("/")
    page.keyboard.type("patch connections settings")
    expect(page.locator("#operations section:visible")).to_have_count(1)
    expect(page.locator("#index a:visible")).to_have_count(1)
    expect(page.get_by_role("status").first).to_have_text(f"1 of {len(operations)} operations")
    page.locator("#find").fill("no such thing")
    expect(page.locator("#operations h2:visible")).to_have_count(0)


def test_an_operation_is_tried_with_a_token_that_the_page_forgets(watched: Open) -> None:
    page = watched(DOCS, refused=(401, 409))
    node = _form(page, "node")
    _send(node, "401")
    expect(node.get_by_role("status")).to_contain_text("Give a token at the top of this page.")
    page.get_by_role("textbox", name="Token").fill(ADMIN)
    _send(node, "200")
    expect(node.get_by_role("status")).to_contain_text('"name": "house"')

    connection = _form(page, "connection")
    connection.get_by_role("button", name="Send").click()
    assert connection.get_by_label("connection (path, required)").evaluate(
        "it => !it.checkValidity()"
    )
    connection.get_by_label("connection (path, required)").fill("here")
    _send(connection, "200")
    expect(connection.get_by_role("status")).to_contain_text("etag:")

    twins = _form(page, "twins")
    twins.get_by_label("page_size (query)").fill("1")
    _send(twins, "200")
    expect(twins.get_by_role("status")).to_contain_text("/api/v2/twins?page_size=1'")

    create = _form(page, "token_create")
    expect(create.get_by_text("may change it")).to_be_visible()
    _send(create, "201")
    _send(create, "409")
    expect(create.get_by_role("status")).to_contain_text("$TIDEGATE_TOKEN")

    events = _form(page, "events")
    events.get_by_role("button", name="Send").click()
    expect(events.get_by_role("status")).to_contain_text("retry:")
    events.get_by_role("button", name="Stop").click()
    expect(events.get_by_role("status")).to_contain_text("Stopped.")

    assert ADMIN not in page.locator("body").inner_text()
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert page.context.cookies() == []
    page.reload()
    assert page.get_by_role("textbox", name="Token").input_value() == ""


def test_it_is_accessible_in_light_and_dark_wide_and_narrow(watched: Open) -> None:
    for more in (
        {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}},
        {"color_scheme": "dark", "viewport": {"width": 360, "height": 740}},
    ):
        page = watched(DOCS, **more)
        found = page.locator("#operations section").first
        expect(found).to_be_visible()
        # Each kind of thing is there in what is left; axe takes long over all the rest.
        page.locator("#find").fill("connection_settings")
        page.evaluate("document.querySelectorAll('[hidden]').forEach(each => each.remove())")
        form = _form(page, "connection_settings_patch")
        for details in page.locator("#operations details:visible").all():
            details.evaluate("it => { it.open = true }")
        expect(form.get_by_label("Body, in JSON")).to_be_visible()
        result = Axe().run(page)
        assert result.violations_count == 0, result.generate_report()
        wide, shown = page.evaluate("[document.body.scrollWidth, document.body.clientWidth]")
        assert wide <= shown, "it scrolls sideways"
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert sum(map(int, re.findall(r"\d+", back)[:3])) < 200, "dark is dark"


def test_it_works_by_keyboard_alone(watched: Open) -> None:
    page = watched(DOCS, refused=(401,), viewport={"width": 360, "height": 740})
    expect(page.locator("#operations section").first).to_be_attached()
    expect(page.locator("#index a").first).to_be_hidden()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the operations")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Try it":
            break
    page.keyboard.press("Enter")
    expect(page.locator("#operations form").first).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#operations .answer .bad")).to_contain_text("401")


def _form(page: Page, operation: str) -> Locator:
    section = page.locator(f"#operation-{operation}")
    section.get_by_text("Try it", exact=True).click()
    return section


def _send(section: Locator, status: str) -> None:
    section.get_by_role("button", name="Send").click()
    expect(section.locator(".answer .good, .answer .bad")).to_contain_text(status)
