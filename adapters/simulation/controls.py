"""The parts of a form in HTML. Whatever people wrote passes through `escape`."""

from collections.abc import Mapping
from html import escape


def line(name: str, label: str, value: str) -> str:
    return f'<label>{escape(label)}<input name="{name}" value="{escape(value)}" dir="auto"></label>'


def area(name: str, label: str, value: str) -> str:
    # The first line end after the tag is dropped by browsers, so one is put there.
    return (
        f'<label>{escape(label)}<textarea name="{name}" rows="6" dir="auto">\n{escape(value)}'
        "</textarea></label>"
    )


def select(name: str, label: str, choices: Mapping[str, str], chosen: str) -> str:
    """`choices`: what is sent -> what is shown."""
    options = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>'
        f"{escape(shown)}</option>"
        for value, shown in choices.items()
    )
    return f'<label>{escape(label)}<select name="{name}">{options}</select></label>'


def upload(action: str) -> str:
    return (
        f'<form method="post" action="{action}/attachments" enctype="multipart/form-data">'
        '<input type="file" name="file" required aria-label="File"><button>Upload</button></form>'
    )
