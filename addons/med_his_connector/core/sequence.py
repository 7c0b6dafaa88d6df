"""The sequence number protocol: MSH-13 of the sender against what we expect.

Source: HL7 v2.9.1, 2.9.1 sequence number protocol.

    MSH-13        last accepted   what is done                  MSA-4
    0             n               link starts: told where       n + 1
    0             none            link starts for the first     -1
    -1            any             resynchronised: forgotten     -1
    m             none            accepted, m is the first      m
    n + 1         n               accepted                      n + 1 (echoed)
    up to n       n               known: its answer was lost    as told before
    beyond n + 1  n               a message is missing: refused n + 1
"""

import re
from dataclasses import dataclass

NUMBER = re.compile(r"-?[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class Step:
    """What to do with a message: ``accept``, ``control`` (only answer), ``known`` or
    ``missing``; MSA-4, and the number that is the last accepted from now on."""

    action: str
    expected: int
    last: int | None


def read_number(text: str) -> int | None:
    """MSH-13, or None where the message has none."""
    text = text.strip()
    return int(text) if NUMBER.fullmatch(text) else None


def step(number: int, last: int | None) -> Step:
    """What a number means when ``last`` was the last that was accepted.

    >>> step(8, 7)
    Step(action='accept', expected=8, last=8)
    >>> step(9, 7).action, step(9, 7).expected
    ('missing', 8)
    """
    if number == 0:
        return Step("control", -1 if last is None else last + 1, last)
    if number < 0:
        return Step("control", -1, None)
    if last is None or number == last + 1:
        return Step("accept", number, number)
    return Step("known" if number <= last else "missing", last + 1, last)
