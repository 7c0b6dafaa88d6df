"""The interface specification as a machine reads it: its examples and its tables.

An example is a fenced block whose info string says what it is and what it is called,
and a block ``expect NAME`` after it that says what becomes of it:

    hl7 NAME [charset]          one HL7 v2 message, or a batch; a line is a segment
    json NAME POST /path [Header: value]
    file NAME name.csv

A block ``sent NAME`` is a message of ours; it is compared with what is sent.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs"
PAPERS = {"en": DOCS / "interface.md", "zh": DOCS / "interface.zh_CN.md"}
BLOCK = re.compile(r"^```(\w+) (\S+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
KINDS = ("hl7", "json", "file")
ROW = re.compile(r"^\| *`?([^|`]+?)`? *\|(.*)\|$", re.MULTILINE)


@dataclass
class Example:
    kind: str
    name: str
    options: str
    body: str
    expected: list[tuple[str, str]] = field(default_factory=list)

    @property
    def same(self):
        """What must be equal in every language."""
        return self.kind, self.name, self.options, self.body, self.expected


def examples(text: str) -> list[Example]:
    found: dict[str, Example] = {}
    for kind, name, options, body in BLOCK.findall(text):
        if kind in KINDS:
            assert name not in found, f"two examples are called {name}"
            found[name] = Example(kind, name, options.strip(), body)
        elif kind == "expect":
            for line in body.strip().splitlines():
                key, _colon, value = line.partition(":")
                found[name].expected.append((key.strip(), value.strip()))
    return list(found.values())


def sent(text: str) -> dict[str, str]:
    """``{name: content}`` of the messages of ours that are shown."""
    return {name: body for kind, name, _, body in BLOCK.findall(text) if kind == "sent"}


def section(text: str, anchor: str) -> str:
    """From ``<a id="anchor">`` to the next one."""
    _before, found, rest = text.partition(f'<a id="{anchor}"></a>')
    assert found, f"no section {anchor}"
    return rest.partition("<a id=")[0]


def table(text: str, anchor: str) -> dict[str, str]:
    """``{first cell: the rest of the row}`` of the tables in a section."""
    rows = ROW.findall(section(text, anchor))
    return {name: rest for name, rest in rows if not set(name) <= set("-: ")}
