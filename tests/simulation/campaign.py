"""Many histories with seeds of one's own choice, and the figures of the run."""

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import msgspec
from hypothesis import Phase, seed
from hypothesis.stateful import run_state_machine_as_test
from rich.console import Console
from rich.table import Table

from tests.simulation.figures import FIGURES, Figures
from tests.simulation.machine import Histories
from tests.simulation.test_histories import profile


class Part(msgspec.Struct, frozen=True):
    """What one process found."""

    seed: int
    figures: Figures
    failure: str
    """How to come to it, as steps; '' when all held."""


def run_part(histories: int, number: int) -> Part:
    @seed(number)
    class Run(Histories):
        pass

    chosen = profile(histories, (Phase.generate, Phase.shrink), repeatable=False)
    try:
        run_state_machine_as_test(Run, settings=chosen)
    except (AssertionError, BaseExceptionGroup) as failure:
        return Part(number, FIGURES, "\n\n".join(_told(failure)))
    return Part(number, FIGURES, "")


def _told(failure: BaseException) -> list[str]:
    if isinstance(failure, BaseExceptionGroup):
        return [told for each in failure.exceptions for told in _told(each)]
    return ["\n".join([str(failure), *getattr(failure, "__notes__", [])])]


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/simulation/run", description=__doc__)
    parser.add_argument("--histories", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    began = time.monotonic()
    share = -(-asked.histories // asked.processes)
    seeds = range(asked.seed, asked.seed + asked.processes)
    with ProcessPoolExecutor(asked.processes) as processes:
        parts = list(processes.map(run_part, [share] * asked.processes, seeds))
    show(parts, round(time.monotonic() - began, 1), as_json=asked.json)
    return 1 if any(part.failure for part in parts) else 0


def show(parts: list[Part], seconds: float, *, as_json: bool) -> None:
    totals = {
        name: sum(getattr(part.figures, name) for part in parts)
        for name in Figures.__struct_fields__
    }
    found = [{"seed": p.seed, "steps": p.failure} for p in parts if p.failure]
    if as_json:
        answer = totals | {"seconds": seconds, "found": found}
        sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
        return
    table = Table("figure", "value", title="Generated histories")
    for name, value in (totals | {"seconds": seconds, "found": len(found)}).items():
        table.add_row(name, str(value))
    console = Console()
    console.print(table)
    for failure in found:
        console.print(f"seed {failure['seed']}:\n{failure['steps']}", markup=False)


if __name__ == "__main__":
    sys.exit(main())
