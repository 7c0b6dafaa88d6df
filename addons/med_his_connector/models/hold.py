"""The gate before the ledger: order among messages that share a key."""

from collections import defaultdict

from ..core.lane import hold_key

#: What is wrong with messages that hold up nobody. One says again, and otherwise, what
#: is recorded already: whatever is decided about it, the line stands. Others take back
#: what is not recorded: they wait for a later message, which must not wait for them.
PASSED_BY = frozenset({"conflict", "original_unknown", "original_never_came"})


def holds(state, error_code):
    """Whether later messages with the same key must wait for one of this outcome."""
    return state in ("received", "exception") and error_code not in PASSED_BY


class Gate:
    """Which of a batch's messages must wait behind an earlier one that is stuck.

    ``works`` are all messages that could be read, in the order of their arrival. A
    message that waits is itself waited for: by those that share another key with it.
    """

    def __init__(self, model, channel, works):
        self._model = model
        self._company = str(channel.company_id.id)
        self._ring = model._keyring()
        self._keys = {work.message.id: self._keys_of(channel, work) for work in works}
        keys = set().union(*self._keys.values()) if works else set()
        self._stuck = defaultdict(set)
        for key, message_id in model.env["med.his.hold"]._of(keys):
            if message_id not in self._keys:  # those of the batch are decided anew
                self._stuck[key].add(message_id)

    def blocker(self, work):
        """The id of the earliest stuck message that ``work`` must wait for, or None."""
        own = work.message.id
        earlier = (
            message_id
            for key in self._keys[own]
            for message_id in self._stuck.get(key, ())
            if message_id < own
        )
        return min(earlier, default=None)

    def shut(self, work):
        """``work`` is stuck: whoever comes later waits behind it."""
        for key in self._keys[work.message.id]:
            self._stuck[key].add(work.message.id)

    def keys(self, work):
        return self._keys[work.message.id]

    def keep(self, outcomes):
        """Write down who is stuck; called when all of the batch is decided."""
        stuck = {
            message.id: self._keys[message.id]
            for message, outcome in outcomes.items()
            if holds(outcome.state, outcome.error_code) and message.id in self._keys
        }
        if stuck:
            self._model.env["med.his.hold"]._put(stuck)

    def _keys_of(self, channel, work):
        """Visit and item, serial, and the sender's own line with what it takes back."""
        keys = set()
        for charge in work.charges:
            if charge.encounter:
                # A keyed token: a visit's number must not be found by trying.
                token = self._ring.token(
                    charge.encounter.kind, charge.encounter.identifier, self._company
                )
                keys.add(hold_key("visit", token, charge.item_code))
            if charge.serial:
                keys.add(hold_key("serial", self._company, charge.serial))
            for line in (charge.line_key, charge.reversal_of):
                if line:
                    keys.add(hold_key("line", str(channel.id), line))
        return keys
