"""`connection rules`: a connection's rules, shown and saved."""

from pathlib import Path

from rich.text import Text

from schemas.routes import RULES, RULES_PUT
from schemas.rule_life import RulesPut
from service.cli.ending import Ending, failed
from service.cli.findings import findings_text, remarks
from service.cli.node_client import NodeClient
from service.cli.parsing import Commands, command
from service.cli.session import Session, on_node, read_text

_RULES_EXAMPLES = """\
connection rules acme-globex --save-to rules/
connection rules acme-globex --outgoing rules/outgoing.py --incoming rules/incoming.py"""


def add_to(connection: Commands) -> None:
    made = command(
        connection,
        "rules",
        "show a connection's rules, or save others",
        on_node(_rules),
        examples=_RULES_EXAMPLES,
    )
    made.add_argument("name")
    made.add_argument("--outgoing", metavar="FILE", help="the new outgoing rule")
    made.add_argument("--incoming", metavar="FILE", help="the new incoming rule")
    made.add_argument("--message", default="", help="why, for the history")
    made.add_argument("--save-to", metavar="FOLDER", help="write outgoing.py and incoming.py there")


async def _rules(session: Session, node: NodeClient) -> None:
    if session.text("outgoing") or session.text("incoming"):
        await _save_rules(session, node)
        return
    rules = await node.get(RULES, session.text("name"))
    files = {"outgoing.py": rules.outgoing, "incoming.py": rules.incoming}
    if session.text("save_to"):
        folder = Path(session.text("save_to"))
        _write(folder, files)
        session.out.answer(rules, f"Wrote version {rules.version} to {folder}.")
        return
    parts = [f"# {name}, version {rules.version}\n\n{text}" for name, text in files.items()]
    session.out.answer(rules, *map(Text, parts))


async def _save_rules(session: Session, node: NodeClient) -> None:
    name = session.text("name")
    known = await node.get(RULES, name)
    outgoing, incoming = session.text("outgoing"), session.text("incoming")
    body = RulesPut(
        outgoing=read_text(Path(outgoing), "--outgoing") if outgoing else known.outgoing,
        incoming=read_text(Path(incoming), "--incoming") if incoming else known.incoming,
        message=session.text("message"),
        based_on=known.version,
    )
    saved = await node.send(RULES_PUT, name, body=body)
    if saved.version is None:
        session.out.answer(saved, findings_text(saved.findings))
        raise failed("The rules were not saved.", "Correct what is marked above.", Ending.FAILED)
    told = remarks(saved.warnings, saved.unchecked)
    session.out.answer(saved, *told, f"Saved as version {saved.version}.")


def _write(folder: Path, files: dict[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8")
    except OSError as error:
        raise failed(
            f"--save-to: cannot write to {folder}: {error.strerror}.",
            "Name a folder that you may write to.",
        ) from error
