"""What Jira Cloud can do, for the engine, the API and the documentation."""

import msgspec

from adapters.jira.capabilities import CAPABILITIES as DATA_CENTER

SYSTEM = "jira-cloud"

_UNLIKE = ("parent",)
"""What is lesser in Data Center alone."""

CAPABILITIES = msgspec.structs.replace(
    DATA_CENTER,
    system=SYSTEM,
    title="Jira Cloud",
    degraded={
        **{name: words for name, words in DATA_CENTER.degraded.items() if name not in _UNLIKE},
        "assignee": "Accounts that hide their e-mail address are found by name or id.",
        "texts": "At most 32,767 characters; Jira refuses a longer one.",
        "images": "Images of attached files are shown, with the file's name as their words.",
    },
)
