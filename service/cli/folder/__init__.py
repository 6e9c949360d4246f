"""A node's configuration as files in a folder, meant for Git.

connectors/NAME.toml
connections/NAME/connection.toml    sides, mode, settings
                 mappings.toml      tables, people, and in visual mode which way fields go
                 triggers.toml      one table for each trigger
                 outgoing.py        in script mode; golden files may stand beside them
                 incoming.py
                 snippets/NAME.py   in place of those below: what rolled-back rules import
alm-connectors/*.toml              SD Elements' ALM connectors, each with its name
alm-connections/*.toml             and ALM connections, each with project and alias
snippets/NAME.py                   what rules of several connections import
"""
