"""Record the demo hospital's day: the messages that its HIS sends, as a file of frames.

    python bin/demo/record_day.py

Always writes the same bytes. Patients are invented and say so in their names. Most
messages are charges (DFT^P03); high-value items of the catheter lab and the theatres
come one by one with lot or serial (RAS^O17). The day holds what a real one does: a
return, a message that was sent twice, and two that name what the hospital has not
mapped (a department, an item).
"""

import random
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from demo import catalogue, wire

SEED = 20250305
SENDER = r"MSH|^~\&|HIS|YUNXI|MED|YUNXI"
#: Department -> (messages a day, first hour, last hour).
RHYTHM = {
    "ICU": (60, 0, 24),
    "OR": (30, 8, 19),
    "CATH": (16, 8, 18),
    "ER": (76, 0, 24),
    "DIAL": (33, 7, 21),
    "RESP": (28, 6, 23),
    "LAB": (56, 7, 20),
    "RAD": (22, 8, 19),
}
#: Units used at least: what takes low shelves below their level, and one pacemaker with
#: its lead, which are reported by serial.
AT_LEAST = {
    ("ICU", "HC0905"): 3,
    ("CATH", "HC0602"): 3,
    ("CATH", "HC0512"): 4,
    ("CATH", "HC0701"): 1,
    ("CATH", "HC0702"): 1,
}
#: Every so many messages comes from the older part of the HIS, which writes GB 18030.
OLD_SYSTEM_EVERY = 31


@dataclass
class Visit:
    """One message in the making: who, where, when, and what was used."""

    department: catalogue.Department
    number: int
    moment: datetime
    lines: list = field(default_factory=list)  # (item, charges)

    @property
    def patient(self):
        return f"DEMO{self.number:06d}"

    @property
    def stay(self):
        return f"V{wire.RECORDED_ON}{self.number:05d}"


def day_total(item, code, chance, departments):
    """Units of an item used by a department on the day; about the usual number."""
    weekday = datetime.strptime(wire.RECORDED_ON, "%Y%m%d").weekday()
    mean = item.use[code] * departments[code].weekdays[weekday]
    units = int(chance.gauss(mean, mean**0.5) + chance.random())
    return max(units, AT_LEAST.get((code, item.code), 0), 0)


def traced(item):
    """Reported piece by piece: implants, and whatever names its lot."""
    return item.implant or catalogue.reported_lot(item) is not None


def visits(chance, departments):
    """Empty visits of the day, in the order of their time."""
    midnight = datetime.strptime(wire.RECORDED_ON, "%Y%m%d")
    made = []
    for code, (number, first, last) in RHYTHM.items():
        for _ in range(number):
            minutes = chance.randrange(first * 60 + 5, last * 60 - 5)
            moment = midnight + timedelta(minutes=minutes, seconds=chance.randrange(60))
            made.append(Visit(departments[code], 0, moment))
    made.sort(key=lambda visit: (visit.moment, visit.department.code))
    for number, visit in enumerate(made, start=1):
        visit.number = number
    return made


def fill(all_visits, items, departments, chance):
    """Spread every department's use of the day over its visits."""
    for code in RHYTHM:
        own = [visit for visit in all_visits if visit.department.code == code]
        for item in items.values():
            if code not in item.use or not item.chargeable:
                continue
            charges = day_total(item, code, chance, departments) // item.his_code[1]
            if not charges:
                continue
            share = 1.0 if traced(item) else 0.3
            takers = chance.sample(own, min(charges, max(1, int(len(own) * share))))
            for place, visit in enumerate(takers):
                units = charges // len(takers) + (place < charges % len(takers))
                visit.lines.append((item, units))


def header(visit, kind, sequence, old_system):
    stamp = f"{visit.moment + timedelta(seconds=40):%Y%m%d%H%M%S}"
    charset = "GB 18030-2000" if old_system else "UNICODE UTF-8"
    structure = kind.replace("^", "_")
    control = f"YX{wire.RECORDED_ON}{sequence:05d}"
    department = visit.department
    return [
        f"{SENDER}|{stamp}||{kind}^{structure}|{control}|P|2.5.1|||||CHN|{charset}",
        f"EVN|{kind[-3:]}|{stamp}",
        f"PID|1||{visit.patient}^^^YUNXI^MR||模拟患者{visit.number:03d}^^^^^^L"
        f"||19{30 + visit.number % 60}0101|{'MF'[visit.number % 2]}",
        f"PV1|1|I|{department.code}^^{visit.number % 40 + 1:02d}^YUNXI"
        + "|" * 16
        + visit.stay,
    ]


def charge(visit, number, item, charges, line, kind="CG"):
    """One FT1: field by field as in chapter 6."""
    code, factor = item.his_code
    price = item.price * catalogue.TAX_FACTOR * factor
    department = visit.department
    return (
        f"FT1|{number}|{line}||{visit.moment:%Y%m%d%H%M%S}||{kind}|{code}^{item.name_zh}^HIS"
        f"|||{charges}|{price * charges:.2f}|{price:.2f}"
        f"|{department.his_code}^{department.name_zh}|||{department.code}^^^YUNXI"
    )


def charges_message(visit, lines, sequence, old_system):
    segments = header(visit, "DFT^P03", sequence, old_system)
    segments += [
        charge(visit, n, item, units, f"T{wire.RECORDED_ON}{sequence:05d}-{n}")
        for n, (item, units) in enumerate(lines, start=1)
    ]
    return segments


def pieces_message(visit, lines, sequence, old_system):
    """High-value items: serials in the platforms' way (RXO), lots in the standard's."""
    segments = header(visit, "RAS^O17", sequence, old_system)
    department = f"{visit.department.his_code}^{visit.department.name_zh}"
    moment = f"{visit.moment:%Y%m%d%H%M%S}"
    group = f"G{wire.RECORDED_ON}{sequence:05d}"
    for n, (item, units) in enumerate(lines, start=1):
        code = f"{item.his_code[0]}^{item.name_zh}^HIS"
        unit = f"{catalogue.UNITS[item.unit][1]}"
        order = f"ORC|NW|{group}-{n}||{group}|||||{moment}" + "|" * 8 + department
        lot = catalogue.reported_lot(item)
        if item.tracking == "serial":
            serial = f"{item.his_code[0]}^{lot}" if lot else item.his_code[0]
            segments += [order, f"RXO|{serial}|{units}||{unit}"]
        else:
            segments += [
                order,
                f"RXA|0|{n}|{moment}|{moment}|{code}|{units}|{unit}"
                + "|" * 8
                + (lot or ""),
            ]
    return segments


def encode(segments, old_system=False):
    text = "\r".join(segments) + "\r"
    return text.encode("gb18030" if old_system else "utf-8")


def messages():
    """All messages of the day in the order they were sent."""
    chance = random.Random(SEED)
    departments, items = catalogue.departments(), catalogue.items()
    all_visits = visits(chance, departments)
    fill(all_visits, items, departments, chance)
    sent = []
    for visit in all_visits:
        for kind, wanted in ((charges_message, False), (pieces_message, True)):
            lines = [line for line in visit.lines if traced(line[0]) == wanted]
            if not lines:
                continue
            sequence = len(sent) + 1
            old_system = sequence % OLD_SYSTEM_EVERY == 0
            segments = kind(visit, lines, sequence, old_system)
            sent.append((visit, lines, encode(segments, old_system)))
    sent += peculiar(sent, departments, items)
    sent.sort(key=lambda entry: entry[0].moment)
    plain = [message for _visit, _lines, message in sent]
    # One acknowledgement was lost on the way, so its message is sent again.
    resent = len(plain) // 2
    return [*plain[: resent + 3], plain[resent], *plain[resent + 3 :]]


def peculiar(sent, departments, items):
    """A return, an unknown department and an unknown item."""
    used = next(
        (visit, lines)
        for visit, lines, message in sent
        if visit.department.code == "RESP"
        and b"DFT" in message[:80]
        and visit.moment.hour > 8
    )
    visit, lines = used
    original = next(m for v, _lines, m in sent if v is visit)
    line = f"T{wire.control_id(original)[2:]}-1"
    later = Visit(visit.department, visit.number, visit.moment + timedelta(minutes=6))
    back = header(later, "DFT^P03", 9001, False)
    back.append(charge(later, 1, lines[0][0], 1, line, kind="CD"))

    stranger = catalogue.Department(
        "NICU", "Neonatal ICU", "新生儿科", "ward", "7777", (), "store"
    )
    newborn = Visit(stranger, 9002, visit.moment + timedelta(minutes=31))
    nowhere = header(newborn, "DFT^P03", 9002, False)
    nowhere.append(
        charge(newborn, 1, items["HC0307"], 2, f"T{wire.RECORDED_ON}09002-1")
    )

    guest = Visit(departments["ER"], 9003, visit.moment + timedelta(minutes=52))
    unknown = header(guest, "DFT^P03", 9003, False)
    unknown.append(
        charge(guest, 1, items["HC0207"], 1, f"T{wire.RECORDED_ON}09003-1").replace(
            f"{items['HC0207'].charge_code}^{items['HC0207'].name_zh}",
            "339999001^新品止血敷料",
        )
    )
    return [
        (later, [], encode(back)),
        (newborn, [], encode(nowhere)),
        (guest, [], encode(unknown)),
    ]


def lines_of(message):
    """What a recorded message says was used: (HIS department, item code, charges)."""
    for line in message.decode(wire.codec(message)).split("\r"):
        fields = [field.split("^")[0] for field in line.split("|")]
        if fields[0] == "FT1":
            sign = -1 if fields[6] == "CD" else 1
            yield fields[13], fields[7], sign * int(fields[10])
        elif fields[0] == "ORC":
            department = fields[17]
        elif fields[0] == "RXA":
            yield department, fields[5], int(fields[6])
        elif fields[0] == "RXO":
            yield department, fields[1], int(fields[2])


def main():
    recorded = messages()
    wire.FILE.parent.mkdir(parents=True, exist_ok=True)
    wire.FILE.write_bytes(b"".join(map(wire.frame, recorded)))
    lines = sum(m.count(b"\rFT1|") + m.count(b"\rORC|") for m in recorded)
    print(f"{wire.FILE.name}: {len(recorded)} messages, {lines} lines")


if __name__ == "__main__":
    main()
