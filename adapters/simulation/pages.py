"""The pages for people: one look for all simulated trackers, and forms that only they may send."""

from collections.abc import Iterable
from html import escape

from aiohttp import web

_CSP = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
_STYLE = """
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0; }
header { background: var(--accent); padding: .7rem 1.5rem; }
header a { color: #fff; font-weight: 600; text-decoration: none; }
main { max-width: 62rem; margin: 1.2rem auto; padding: 0 1.5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; padding: .45rem .6rem; border-bottom: 1px solid var(--line); }
.columns { display: grid; grid-template-columns: 1fr 17rem; gap: 2rem; }
@media (max-width: 50rem) { .columns { grid-template-columns: 1fr; } }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; margin: .3rem 0; }
label { display: block; margin: .6rem 0; font-weight: 600; }
input, select, textarea { font: inherit; width: 100%; padding: .4rem; margin-top: .15rem;
  border: 1px solid var(--line); border-radius: .3rem; }
input[type=checkbox] { width: auto; }
button { font: inherit; padding: .4rem .9rem; border: 0; border-radius: .3rem; cursor: pointer;
  background: var(--accent); color: #fff; margin: .2rem .2rem .2rem 0; }
.badge { border: 1px solid var(--line); border-radius: 1rem; padding: .05rem .6rem; }
article { border-inline-start: 3px solid var(--line); padding-inline-start: .8rem; margin: 1rem 0; }
small { opacity: .75; }
summary { cursor: pointer; font-weight: 600; margin: .8rem 0; }
"""


class Look:
    """`tracker` is its name, and `accent` the colour that tells it from the others."""

    def __init__(self, tracker: str, accent: str) -> None:
        self._tracker = tracker
        self._style = (
            f":root {{ color-scheme: light dark; --line: #8884; --accent: {accent}; }}{_STYLE}"
        )

    def page(self, title: str, content: str, status: int = 200) -> web.Response:
        name = escape(f"{self._tracker} simulator")
        text = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>{escape(title)} - {name}</title><style>{self._style}</style></head>"
            f'<body><header><a href="/">{name}</a></header><main>{content}</main></body></html>'
        )
        return web.Response(
            body=text.encode("utf-8", "replace"),
            status=status,
            content_type="text/html",
            charset="utf-8",
            headers={"Content-Security-Policy": _CSP, "X-Content-Type-Options": "nosniff"},
        )

    def refusal(self, reasons: Iterable[str], status: int) -> web.Response:
        items = "".join(f"<li>{escape(reason)}</li>" for reason in reasons if reason)
        content = (
            f'<h1>{escape(self._tracker)} refuses that</h1><ul role="alert">{items}</ul>'
            "<p>Go back and correct it.</p>"
        )
        return self.page("Refused", content, status)


async def form(request: web.Request, *, line_end: str = "\r\n") -> dict[str, str]:
    """Browsers send texts with the line ends of the default."""
    same_site(request)
    data = await request.post()
    return {
        key: value.replace("\r\n", line_end)
        for key, value in data.items()
        if isinstance(value, str)
    }


def same_site(request: web.Request) -> None:
    """Another page in the same browser must not write here; other programs may."""
    if request.headers.get("Origin") not in (None, f"{request.scheme}://{request.host}"):
        raise web.HTTPForbidden(text="This form was sent from another site.")


def to(place: str) -> web.Response:
    return web.Response(status=303, headers={"Location": place})
