"""What the gateway has to report of connections, until the database takes it.

A flood of refusals must not become a flood of rows: those of one address for one
reason are counted, and written down once in a while.
"""

from collections import Counter
from dataclasses import dataclass

KEPT = 2000


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a channel's line, as it is kept for good."""

    event: str  # connect, disconnect, refuse, start, stop
    channel_id: int | None
    peer: str = ""
    peer_name: str = ""
    detail: str = ""
    failed: bool = False


class Journal:
    """Entries that wait to be written; the oldest are dropped when it is too full."""

    def __init__(self):
        self._waiting = Counter()

    def add(self, entry: Entry) -> None:
        if entry in self._waiting or len(self._waiting) < KEPT:
            self._waiting[entry] += 1

    def take(self) -> list[tuple[Entry, int]]:
        """What waits, with how often it happened; it waits no longer."""
        taken, self._waiting = list(self._waiting.items()), Counter()
        return taken

    def put_back(self, entries) -> None:
        """The database did not take these."""
        for entry, count in entries:
            self._waiting[entry] += count
