"""What a file says before it is written again."""

import tomllib
from pathlib import Path
from typing import Any

from service.cli.ending import failed


def standing(file: Path) -> dict[str, Any]:
    """Nothing where there is none."""
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise failed(
            f"{file} cannot be read: {error}", "Correct it: its references to secrets are kept."
        ) from error


def standing_params(given: dict[str, Any]) -> dict[str, Any]:
    params = given.get("params")
    return params if isinstance(params, dict) else {}
