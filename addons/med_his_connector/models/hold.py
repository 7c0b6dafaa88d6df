"""The gate before the ledger: order among messages that share a key."""

from collections import defaultdict

from ..core.lane import hold_key

#: What is wrong with messages that hold up nobody. One says again, and otherwise, what
#: is recorded already: whatever is decided about it, the line stands. Others take back
#: what is not recorded: they wait for a later message, which must not wait for them.
PASSED_BY = frozenset(
    {"conflict", "repetition", "original_unknown", "original_never_came"}
)


def holds(state, error_code):
    """Whether later messages with the same key must wait for one of this outcome."""
    return state in ("received", "exception") and error_code not in PASSED_BY


class Gate:
    """Which of a batch's messages must wait behind an earlier one that is stuck.

    ``keys`` has those of every message that could be read, in the order of arrival. A
    message that waits is itself waited for: by those that share another key with it.
    ``behind`` are keys that all of them wait for and that none of them holds.
    """

    def __init__(self, env, keys, behind=frozenset()):
        self._hold = env["med.his.hold"]
        self._keys = {message.id: own for message, own in keys.items()}
        self._behind = behind
        self._stuck = defaultdict(set)
        for key, message_id in self._hold._of(behind.union(*self._keys.values())):
            if message_id not in self._keys:  # those of the batch are decided anew
                self._stuck[key].add(message_id)

    def blocker(self, message):
        """The id of the earliest stuck message that this one waits for, or None."""
        earlier = (
            message_id
            for key in self._keys[message.id] | self._behind
            for message_id in self._stuck.get(key, ())
            if message_id < message.id
        )
        return min(earlier, default=None)

    def shut(self, message):
        """It is stuck: whoever comes later waits behind it."""
        for key in self._keys[message.id]:
            self._stuck[key].add(message.id)

    def keep(self, outcomes):
        """Write down who is stuck; called when all of the batch is decided."""
        stuck = {
            message.id: self._keys[message.id]
            for message, outcome in outcomes.items()
            if holds(outcome.state, outcome.error_code) and message.id in self._keys
        }
        if stuck:
            self._hold._put(stuck)


def keys_of_charges(ring, channel, charges):
    """Visit and item, serial, and the sender's own line with what it takes back."""
    keys, company = set(), str(channel.company_id.id)
    for charge in charges:
        if charge.encounter:
            # A keyed token: a visit's number must not be found by trying.
            person = charge.encounter
            token = ring.token(person.kind, person.identifier, company)
            keys.add(hold_key("visit", token, charge.item_code))
        if charge.serial:
            keys.add(hold_key("serial", company, charge.serial))
        for line in (charge.line_key, charge.reversal_of):
            if line:
                keys.add(hold_key("line", str(channel.id), line))
    return keys


def keys_of_appointment(channel, appointment):
    """The appointment, whose messages may each tell a part of it. A cancellation needs
    nothing that was said before, so it waits for nobody."""
    if appointment.state == "cancelled":
        return set()
    return {appointment_key(channel, appointment.key)}


def appointment_key(channel, number):
    """What the messages about one appointment share."""
    return hold_key("appointment", str(channel.id), number)


def keys_of_wanted(channel, wanted):
    """The lines of a requisition; its cancellation names the same."""
    return {hold_key("wanted", str(channel.id), each.line_key) for each in wanted}


def master_key(channel):
    """A master file that is tried again: what comes after it reads its codes."""
    return hold_key("master", str(channel.id))
