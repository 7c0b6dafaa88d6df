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
    """Entries that wait to be written.

    When it is too full, what comes is not kept: the beginning of a trouble says more
    than its end. How much was lost is an entry of its own.
    """

    def __init__(self):
        self._waiting = Counter()
        self._lost = 0

    def add(self, entry: Entry, count: int = 1) -> None:
        if entry in self._waiting or len(self._waiting) < KEPT:
            self._waiting[entry] += count
        else:
            self.lose(count)

    def lose(self, count: int) -> None:
        """So many are not written down, and never will be."""
        self._lost += count

    def take(self) -> list[tuple[Entry, int]]:
        """What waits, with how often it happened; it waits no longer."""
        taken, self._waiting = list(self._waiting.items()), Counter()
        lost, self._lost = self._lost, 0
        if lost:
            taken.append((Entry("lost", None, failed=True), lost))
        return taken

    def put_back(self, entries) -> None:
        """The database did not take these."""
        for entry, count in entries:
            if entry.event == "lost":
                self.lose(count)
            else:
                self.add(entry, count)
