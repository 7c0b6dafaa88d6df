"""The published messages in `tests/data/hl7`, and small ones of our own."""

from pathlib import Path

FOLDER = Path(__file__).parents[3] / "tests" / "data" / "hl7"


def names():
    return sorted(path.name for path in FOLDER.glob("*.hl7"))


def sample(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def dft(*lines, control_id="C1", head="", visit="PV1||I|ICU^1^2", patient="P1", **msh):
    """A DFT^P03 with these FT1 lines (or other segments), as bytes."""
    fields = {
        "application": "HIS",
        "facility": "HOSP",
        "time": "20260105101500",
        "type": "DFT^P03",
        "processing": "P",
        "version": "2.5",
        "tail": "",
        **msh,
    }
    header = (
        "MSH|^~\\&|{application}|{facility}|ODOO|STORE|{time}||{type}|{control}|"
        "{processing}|{version}{tail}"
    ).format(control=control_id, **fields)
    pid = f"PID|1||{patient}^^^HOSP^MR||TESTNAME^GIVEN||19700101|F"
    return "\r".join(filter(None, (header, head, pid, visit, *lines, ""))).encode()


def ft1(
    item="GLOVE", quantity="2", number="T1", kind="CG", when="20260105100000", **at
):
    """An FT1; ``at`` are further fields by number: ``f13="ICU"``."""
    fields = {2: number, 4: when, 6: kind, 7: item, 10: quantity}
    fields |= {int(name[1:]): value for name, value in at.items()}
    last = max(fields)
    return "|".join(("FT1", *(fields.get(n, "") for n in range(1, last + 1))))
