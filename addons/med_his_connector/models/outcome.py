"""What becomes of a message while it is processed."""

from dataclasses import dataclass, field

from odoo import models

from ..core.charges import Charge


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message, as it is written on it."""

    state: str
    error_code: str | bool = False
    error_position: str | bool = False
    error_text: str | bool = False
    cause_code: str | bool = False
    line_count: int = 0
    skipped_count: int = 0
    repeated_count: int = 0


class Settled(Exception):
    """A message that is recorded no further: ``outcome`` says why."""

    def __init__(self, state, code, position="", text="", cause="", **counts):
        super().__init__(code)
        self.outcome = Outcome(
            state, code, position or False, text or False, cause or False, **counts
        )


def waits(code, position="", text="", cause=""):
    """It waits until somebody mends the cause."""
    return Settled("exception", code, position, text, cause)


def ignored(code, skipped_count=0):
    """It is none of ours, and needs nobody."""
    return Settled("ignored", code, skipped_count=skipped_count)


@dataclass(slots=True)
class Work:
    """A message on its way: what it says, then what is to be recorded of it."""

    message: models.Model
    charges: tuple[Charge, ...] = ()
    skipped: int = 0
    lines: list[tuple[Charge, dict]] = field(default_factory=list)

    def line_keys(self):
        return [charge.line_key for charge, _values in self.lines]
