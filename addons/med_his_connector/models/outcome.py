"""What becomes of a message while it is processed."""

import logging
import traceback
from dataclasses import dataclass, field, replace
from datetime import datetime

from psycopg2 import OperationalError
from psycopg2.errors import UniqueViolation

from odoo import models

from ..core.charge import Charge, Remaining

_logger = logging.getLogger(__name__)


#: What no mapping and no setting here can mend: the sender must send it anew, or we
#: must mend a fault of ours. The rest waits for a person as an exception.
PERMANENT = frozenset(
    {
        "bad_quantity",
        "charge_type",
        "order_control",
        "item_missing",
        "no_lines",
        "time",
        "escape",
        "required",
        "too_large",
        "parse",
        "unseal",
        "internal",
        "purged",
    }
)

#: Nobody's fault: the database is busy or away, or another worker wrote the same just
#: after our snapshot; or so many were read at once that memory ran out. The whole batch
#: is tried again, in parts.
PASSING = (OperationalError, UniqueViolation, MemoryError)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message, as it is written on it."""

    state: str
    error_code: str | bool = False
    error_position: str | bool = False
    error_text: str | bool = False
    cause_code: str | bool = False
    line_count: int = 0
    made_count: int = 0  # what came of it that is no line of the ledger
    skipped_count: int = 0
    repeated_count: int = 0
    parked_until: datetime | bool = False
    blocked_by_id: int | bool = False


class Settled(Exception):
    """A message that is recorded no further: ``outcome`` says why."""

    def __init__(self, state, code, position="", text="", cause="", **counts):
        super().__init__(code)
        self.outcome = Outcome(
            state, code, position or False, text or False, cause or False, **counts
        )


def waits(code, position="", text="", cause=""):
    """It waits until somebody mends the cause, or is given up at once."""
    state = "dead" if code in PERMANENT else "exception"
    return Settled(state, code, position, text, cause)


def ignored(code, skipped_count=0):
    """It is none of ours, and needs nobody."""
    return Settled("ignored", code, skipped_count=skipped_count)


def behind(blocker_id):
    """It waits until an earlier message about the same is settled."""
    return Outcome("received", blocked_by_id=blocker_id)


def parked(until, position, cause):
    """A return that came before its charge waits for it, for some time."""
    settled = Settled("parked", "original_unknown", position, cause=cause)
    settled.outcome = replace(settled.outcome, parked_until=until)
    return settled


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
    remaining: tuple[Remaining, ...] = ()  # what they say is left there

    def line_keys(self):
        return [charge.line_key for charge, _values in self.lines]
