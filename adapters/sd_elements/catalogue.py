"""The server's statuses and phases, by id, name and meaning."""

import msgspec

from adapters.sd_elements import answers
from schemas.errors import Fault, TrackerError


class Catalogue(msgspec.Struct, frozen=True):
    statuses: tuple[answers.Status, ...]
    phases: tuple[answers.Phase, ...]

    def status_of(self, told: str | answers.Status) -> answers.Status:
        if isinstance(told, answers.Status):
            return told
        known = next((status for status in self.statuses if status.id == told), None)
        # An older server tells the word itself.
        return known or self._named(told) or answers.Status(told, told)

    def status_id(self, wanted: str) -> str:
        """By name, slug or id; else by meaning, the standard one first. Raises VALIDATION."""
        known = self._named(wanted)
        if known is None:
            meant = [status for status in self.statuses if status.meaning == wanted.upper()]
            known = min(meant, key=lambda status: (len(status.id), status.id), default=None)
        if known is None:
            names = ", ".join(status.name for status in self.statuses)
            raise TrackerError(
                Fault.VALIDATION,
                f"SD Elements has no status {wanted!r}.",
                remedy=f"Map it to one of: {names}.",
                field="status",
            )
        return known.id

    def phase_of(self, told: str | answers.Phase) -> str:
        if isinstance(told, answers.Phase):
            return told.name
        return next((phase.name for phase in self.phases if phase.id == told), told)

    def phase_id(self, wanted: str) -> str:
        """By name, slug or id. Raises VALIDATION."""
        low = wanted.casefold()
        for phase in self.phases:
            if low in (phase.id.casefold(), phase.name.casefold(), phase.slug.casefold()):
                return phase.id
        names = ", ".join(phase.name for phase in self.phases)
        raise TrackerError(
            Fault.VALIDATION,
            f"SD Elements has no phase {wanted!r}.",
            remedy=f"Map it to one of: {names}.",
            field="phase",
        )

    def _named(self, word: str) -> answers.Status | None:
        low = word.casefold()
        for status in self.statuses:
            if low in (status.id.casefold(), status.name.casefold(), status.slug.casefold()):
                return status
        return None
