"""The states of an alert and what moves it from one to another.

    open ──> acknowledged ──> in_work ──> resolved
      └───────────┴──────────────┴────────────┘

People acknowledge and begin; the engine ends with the condition, and opens again what
returns, gets worse, or is no longer ordered.
"""

OPEN, ACKNOWLEDGED, IN_WORK, RESOLVED = STATES = (
    "open",
    "acknowledged",
    "in_work",
    "resolved",
)

#: ``{event: {state before: state after}}``; what is missing changes nothing.
MOVES = {
    "acknowledge": {OPEN: ACKNOWLEDGED},
    "begin": {OPEN: IN_WORK, ACKNOWLEDGED: IN_WORK},
    # Enough is on its way: nobody need be asked.
    "ordered": {OPEN: IN_WORK, ACKNOWLEDGED: IN_WORK},
    # The order was cancelled: what it held back is open again.
    "not_ordered": {IN_WORK: OPEN},
    # Whoever has seen the milder level has not seen this one.
    "worse": {ACKNOWLEDGED: OPEN},
    "end": {OPEN: RESOLVED, ACKNOWLEDGED: RESOLVED, IN_WORK: RESOLVED},
    "dismiss": {OPEN: RESOLVED, ACKNOWLEDGED: RESOLVED, IN_WORK: RESOLVED},
    "return": {RESOLVED: OPEN},
}


def after(state: str, event: str) -> str:
    """The state after ``event``; the same where the event changes nothing.

    >>> after("open", "acknowledge"), after("in_work", "acknowledge")
    ('acknowledged', 'in_work')
    """
    return MOVES[event].get(state, state)


def may(state: str, event: str) -> bool:
    """Whether ``event`` moves an alert in ``state``."""
    return state in MOVES[event]
