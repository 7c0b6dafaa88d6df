"""What is done with a kind of message that is worked one by one."""

from collections.abc import Callable
from dataclasses import dataclass

from .hold import holds


def no_keys(_values):
    """It says a state, and the one written last holds: nobody waits for it."""
    return set()


def stuck(outcome):
    """Whether others wait for a message of this outcome."""
    return holds(outcome.state, outcome.error_code)


def stuck_for_now(outcome):
    """As ``stuck`` for what all others would wait for: not until a person mends it."""
    return outcome.state == "received"


@dataclass(frozen=True, slots=True)
class Kind:
    """How messages of one kind are read, applied, and kept in order (``hold.py``)."""

    read: Callable  # (message) -> what it says
    apply: Callable  # (message, what it says) -> Outcome
    keys: Callable = no_keys  # (what it says) -> keys of ``hold``
    behind: frozenset = frozenset()  # keys it waits for and does not hold
    stuck: Callable = stuck  # (outcome) -> whether others wait for it
