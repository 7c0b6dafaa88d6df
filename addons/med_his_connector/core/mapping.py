"""Where in a message each piece of a line is found: data, never code.

A *place* is ``FT1-7``, ``FT1-7.4``, ``DEV-9.1.2``; a segment can be chosen by one of
its fields (``OBX[3=LOT]-5``: the OBX whose field 3 is LOT), a repetition by one of its
components (``PID-3[5=MR]``). Places stand in a row, best first; the first that is given
counts. A channel may replace the row of any piece; ``USUAL`` has the rows of HL7.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

PLACE = re.compile(
    r"([A-Z][A-Z0-9]{2})"
    r"(?:\[([1-9][0-9]{0,2})(?:\.([1-9][0-9]?))?=([^\]\s,;]+)\])?"
    r"-([1-9][0-9]{0,2})"
    r"(?:\[([1-9][0-9]?)=([^\]\s,;]+)\])?"
    r"(?:\.([1-9][0-9]?)(?:\.([1-9]))?)?"
)
#: ``{segment: its fields about people}``, None for all. Nothing is read there but what
#: names a visit, which is kept as a token; and nothing there is ever shown.
ABOUT_PEOPLE = {
    **dict.fromkeys(
        "PID PD1 NK1 MRG GT1 IN1 IN2 IN3 DG1 DRG AL1 IAM NTE ACC PV2 PDA OH1".split()  # noqa: SIM905
    ),
    "PV1": frozenset({5, 7, 8, 9, 16, 17, 19, 50, 52}),
    "FT1": frozenset({19}),
    "OBR": frozenset({13, 31}),
    "PR1": frozenset({15}),
}
#: Pieces that name a visit.
NAMES_OF_VISITS = frozenset({"visit", "account", "record"})
CODE = re.compile(r"([^=\s,;]+)=([a-z]+)")
SEPARATORS = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class Place:
    """One place, and which segment and repetition it means."""

    segment: str
    field: int
    component: int = 1
    subcomponent: int = 1
    where: tuple[int, int, str] | None = None  # field, component and its value
    repetition: tuple[int, str] | None = None  # component and its value

    @property
    def about_people(self) -> bool:
        """Whether who somebody is, or what ails them, may stand here."""
        fields = ABOUT_PEOPLE.get(self.segment, frozenset())
        return fields is None or self.field in fields


@lru_cache(maxsize=4096)
def places(text: str) -> tuple[Place, ...]:
    """The places of a row; ValueError names the part that is none.

    >>> places("ZPA-5, PID-3[5=MR]")[1].repetition
    (5, 'MR')
    """
    return tuple(_place(part) for part in SEPARATORS.split(text) if part)


def _place(part):
    match = PLACE.fullmatch(part)
    if not match:
        raise ValueError(part)
    segment, at, at_component, value, field, chosen, kind, component, sub = (
        match.groups()
    )
    return Place(
        segment,
        int(field),
        int(component or 1),
        int(sub or 1),
        (int(at), int(at_component or 1), value) if at else None,
        (int(chosen), kind) if chosen else None,
    )


def names_visit(piece: str) -> bool:
    """Whether a piece is kept as a token, and neither stored nor shown.

    >>> names_visit("merged_visit"), names_visit("lot")
    (True, False)
    """
    return piece.removeprefix("merged_") in NAMES_OF_VISITS


@lru_cache(maxsize=1024)
def codes(text: str) -> dict[str, str]:
    """``{their code: what it means}``; ValueError names the part that is none.

    >>> codes("CG=use CD=return")
    {'CG': 'use', 'CD': 'return'}
    """
    found = {}
    for part in SEPARATORS.split(text):
        if not part:
            continue
        match = CODE.fullmatch(part)
        if not match or match[2] not in MEANINGS:
            raise ValueError(part)
        found[match[1]] = match[2]
    return found


#: What a code may say about a line.
MEANINGS = frozenset(
    "use return waste count refill payment adjustment refused nothing".split()  # noqa: SIM905
)

VISIT = {
    "visit": "PV1-19",
    "account": "PID-18",
    "record": "PID-3[5=MR] PID-3",
    "location": "PV1-3",
}
#: ``{family: {piece: places}}``. The keys of a family are the pieces its reader asks
#: for; what HL7 has no place for is '' until a channel names one.
USUAL = {
    # Charges. FT1 has no unit, lot, expiry or serial: they come from the device
    # segments after it (v2.7 PRT, v2.9 DEV), or from a site's own segment.
    "dft": {
        "line": "FT1-2",
        "kind": "FT1-6",
        "item": "FT1-7 FT1-34 FT1-29 FT1-25 FT1-35",
        "other": "FT1-7.4 FT1-34 FT1-29 DEV-2 PRT-16",
        "quantity": "FT1-10",
        "uom": "",
        "lot": "DEV-10 PRT-19",
        "expiry": "DEV-13 PRT-18",
        "serial": "DEV-11 PRT-20",
        "udi": "",
        "department": "FT1-13 ORC-17 FT1-16 PV1-10 PV1-3 MSH-4",
        "time": "FT1-4 FT1-5 EVN-6 EVN-2 MSH-7",
        "reversal": "",
        "procedure": "PR1-3 FT1-25",
        # FT1-22 is what a piece cost, not what was charged for it.
        "amount": "FT1-11",
        "price": "FT1-12",
        "currency": "FT1-11.1.2 FT1-12.1.2",
        **VISIT,
    },
    # Administrations in the standard's way.
    "ras": {
        "order": "ORC-2 ORC-3",
        "line": "RXA-2",
        "kind": "RXA-21",
        "status": "RXA-20",
        "item": "RXA-5",
        "other": "RXA-5.4 RXA-25",
        "quantity": "RXA-6",
        "left": "",
        "uom": "RXA-7",
        "lot": "RXA-15",
        "expiry": "RXA-16",
        "serial": "",
        "udi": "",
        "department": "ORC-17 RXA-27 RXA-11 PV1-10 PV1-3 MSH-4",
        "time": "RXA-3 ORC-9 EVN-6 EVN-2 MSH-7",
        "reversal": "",
        "amount": "",
        "price": "",
        "currency": "",
        **VISIT,
    },
    # Charges and refunds of high-value items as Chinese platforms send them in RAS.
    "platform": {
        "line": "ORC-2",
        "kind": "ORC-1",
        "item": "RXO-1",
        "other": "",
        "quantity": "RXO-2",
        "uom": "RXO-4",
        "lot": "",
        "expiry": "",
        "serial": "RXO-1.2",
        "udi": "",
        "department": "ORC-17 PV1-10 PV1-3 MSH-4",
        "time": "ORC-9 EVN-6 EVN-2 MSH-7",
        "reversal": "ORC-20.4",
        "amount": "",
        "price": "",
        "currency": "",
        **VISIT,
    },
    # Cabinet transactions (US VA dispensing equipment): OMS^O05 with ZPM.
    "cabinet": {
        "order": "ORC-2 ORC-3",
        "line": "ZPM-19",
        "kind": "ZPM-1",
        "item": "ZPM-6",
        "other": "ZPM-6.4",
        "quantity": "ZPM-10",
        "expected": "ZPM-8",
        "left": "ZPM-9",
        "uom": "",
        "lot": "ZPM-20",
        "expiry": "",
        "serial": "ZPM-21",
        "udi": "",
        "department": "ZPM-15 ORC-17 PV1-3 MSH-4",
        "time": "ZPM-19 ORC-9 MSH-7",
        "reversal": "",
        **VISIT,
    },
    # What analysers have used: INU^U05.
    "inventory": {
        "order": "EQU-1",
        "line": "INV-4",
        "item": "INV-1",
        "other": "INV-1.4",
        "quantity": "INV-10",
        "uom": "INV-11",
        "lot": "INV-16",
        "expiry": "INV-12",
        "serial": "",
        "udi": "",
        "department": "EQU-1 MSH-4",
        "location": "INV-6",
        "time": "EQU-2 MSH-7",
    },
    # Stock requisitions: OMS^O05 with RQD.
    "requisition": {
        "line": "ORC-2",
        "kind": "ORC-1",
        "item": "RQD-2 RQD-4 RQD-3",
        "other": "RQD-4 RQD-3",
        "quantity": "RQD-5",
        "uom": "RQD-6 RQD-6.2",
        "department": "RQD-9 ORC-17 MSH-4",
        "time": "ORC-9 MSH-7",
    },
    # The theatre's schedule.
    "siu": {
        "appointment": "SCH-2 SCH-1",
        "status": "SCH-25",
        "procedure": "AIS-3 SCH-8 SCH-7",
        "start": "AIS-4 TQ1-7 AIL-6 AIG-8 SCH-11.4",
        "end": "TQ1-8 SCH-11.5",
        "duration": "AIS-7 AIL-9 SCH-9",
        "duration_unit": "AIS-8 AIL-10 SCH-10",
        "room": "AIL-3.2 AIL-3",
        "department": "AIL-3 PV1-3",
        "item": "AIG-3",
        "quantity": "AIG-6",
        "uom": "AIG-7",
        **VISIT,
    },
    # Masters. "Zxx" are a site's own: nothing is known until a channel says where.
    "item_master": {
        "item": "ITM-1 ITM-1.1",
        "name": "ITM-2 ITM-1.2",
        "status": "ITM-3",
        "category": "ITM-5",
        "manufacturer": "ITM-8 ITM-7.2 ITM-7",
        "catalogue": "ITM-9",
        "charge_code": "ITM-12 IVT-12 PCE-3",
        "specification": "",
        "uom": "PKG-2 IVT-7",
        "gtin": "PKG-8",
    },
    "lot_master": {
        "item": "IIM-2 IIM-1",
        "name": "IIM-2.2 IIM-1.2",
        "lot": "IIM-3",
        "expiry": "IIM-4",
        "department": "IIM-6",
        "moved": "IIM-8",
        "moved_uom": "IIM-9",
        "on_hand": "IIM-12",
        "uom": "IIM-13",
        "time": "IIM-11 MFE-3 MSH-7",
    },
    "charge_master": {
        "charge_code": "CDM-1",
        "name": "CDM-3 CDM-4 CDM-1.2",
        "item": "CDM-9",
    },
    "site_master": {
        "item": "",
        "name": "",
        "specification": "",
        "manufacturer": "",
        "category": "",
        "catalogue": "",
        "charge_code": "",
        "uom": "",
        "gtin": "",
        "status": "",
    },
    # Where a visit stands.
    "adt": {
        "department": "PV1-3",
        "time": "EVN-6 EVN-2 PV1-45 PV1-44 MSH-7",
        "merged_record": "MRG-1[5=MR] MRG-1",
        "merged_account": "MRG-3",
        "merged_visit": "MRG-5",
        **VISIT,
    },
    # Tests done.
    "oru": {
        "order": "OBR-3 OBR-2",
        "test": "OBR-4",
        "status": "OBR-25",
        "department": "OBR-24 MSH-4",
        "time": "OBR-22 OBR-7 MSH-7",
        **VISIT,
    },
}
#: ``{family: what its codes of kind or status mean}``.
USUAL_CODES = {
    # Table 0017 has CD; many senders write CR.
    "dft": "CG=use CD=return CR=return PY=payment CO=payment AJ=adjustment",
    # RXA-21, and the activities of US VA supply stations.
    "ras": "A=use D=return USGE=use RTRN=return DISP=waste ADJI=adjustment"
    " ADJD=adjustment RE=refused NA=refused",
    "platform": "NW=use OK=use CA=return OC=return",
    "cabinet": "V=use R=return W=waste C=count F=refill L=refill U=refill B=nothing",
    "requisition": "NW=use CA=return OC=return",
}
