"""What becomes of a message while it is processed."""

import logging
import traceback
from dataclasses import dataclass, field

from odoo import models

from ..core.charges import Charge

_logger = logging.getLogger(__name__)


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


def unexpected(message, error):
    """A fault of ours in one message, which must not stop the others.

    Where it happened is logged, not what the error says: that may quote the message.
    """
    places = "".join(traceback.format_tb(error.__traceback__))
    name = type(error).__name__
    _logger.error("message %s failed with %s at\n%s", message.id, name, places)
    return waits("internal", text=name).outcome


@dataclass(slots=True)
class Work:
    """A message on its way: what it says, then what is to be recorded of it."""

    message: models.Model
    charges: tuple[Charge, ...] = ()
    skipped: int = 0
    lines: list[tuple[Charge, dict]] = field(default_factory=list)

    def line_keys(self):
        return [charge.line_key for charge, _values in self.lines]
