"""How the files of a folder are called."""

CONNECTORS, CONNECTIONS, SNIPPETS = "connectors", "connections", "snippets"
ALM_CONNECTORS, ALM_CONNECTIONS = "alm-connectors", "alm-connections"
FOLDERS = (CONNECTORS, CONNECTIONS, SNIPPETS, ALM_CONNECTORS, ALM_CONNECTIONS)
CONNECTION, MAPPINGS, TRIGGERS = "connection.toml", "mappings.toml", "triggers.toml"
OUTGOING, INCOMING = "outgoing.py", "incoming.py"
OF_CONNECTION = (CONNECTION, MAPPINGS, TRIGGERS, OUTGOING, INCOMING)

IN_MAPPINGS = {
    "tables": "mappings",
    "flow": "flow",
    "users": "users",
    "default_user": "default_user",
}
"""What stands in mappings.toml, and which setting it is."""
