"""Makes the catalogues of words anew: i18n/<addon>.pot and i18n/zh_CN.po.

The template of words is Odoo's own export from a database that holds the addon and
those under it. The Chinese catalogue is that template with the words that it had.
Called by bin/i18n, which says how to use it.
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

import polib

PROJECT = Path(os.environ["PROJECT"])
sys.path.insert(0, str(PROJECT / "tests"))

import templates  # noqa: E402

DATES = ("POT-Creation-Date", "PO-Revision-Date")
#: A sentence of a view that is broken into lines: between Chinese characters the break
#: would be shown as a space.
BREAK = re.compile(
    r"(?<=[\u3001-\u9fff\uff01-\uff5e\u201d])\n +(?=[\u3001-\u9fff\u201c])"
)


def parse_arguments():
    parser = argparse.ArgumentParser(prog="bin/i18n")
    parser.add_argument("addons", nargs="*", help="none means all")
    parser.add_argument("--words", type=Path, help="a catalogue to fill from")
    arguments = parser.parse_args()
    unknown = set(arguments.addons) - set(templates.ADDONS)
    if unknown:
        parser.error(f"There is no addon {', '.join(sorted(unknown))}.")
    return arguments


def exported(addon):
    """What Odoo would translate of an addon, as a catalogue without translations."""
    templates.ensure(addon)
    database = templates.copy_of(addon, "words")
    file = templates.LOGS / f"{addon}-words.po"
    try:
        command = [PROJECT / "bin" / "odoo", "i18n", "export", "-d", database.name]
        command += ["-l", "pot", "-o", file, addon]
        subprocess.run(command, check=True, env=database.environment())
        return polib.pofile(str(file))
    finally:
        file.unlink(missing_ok=True)
        database.drop()


def as_text(catalogue):
    """A catalogue whose sentences are not broken into lines: a change shows as one."""
    catalogue.wrapwidth = 0
    places = re.compile(r"(?<=^#: ).+$", re.MULTILINE)
    return places.sub(lambda line: line[0].replace(" ", "\n#: "), f"{catalogue}\n")


def keep(file, catalogue):
    """Write a catalogue unless nothing but its dates would change."""
    before = file.read_text() if file.is_file() else ""
    if before:
        old = polib.pofile(before)
        dates = {name: old.metadata[name] for name in DATES if name in old.metadata}
        unchanged = catalogue.metadata | dates
        fresh, catalogue.metadata = catalogue.metadata, unchanged
        if as_text(catalogue) == before:
            return
        catalogue.metadata = fresh
    file.parent.mkdir(exist_ok=True)
    file.write_text(as_text(catalogue))


def renew(addon, words):
    """Make both catalogues anew; the words that have no Chinese are returned."""
    folder = PROJECT / "addons" / addon / "i18n"
    catalogue = exported(addon)
    keep(folder / f"{addon}.pot", catalogue)
    known = dict(words)
    if (folder / "zh_CN.po").is_file():
        old = polib.pofile(str(folder / "zh_CN.po"))
        known |= {entry.msgid: entry.msgstr for entry in old.translated_entries()}
    for entry in catalogue:
        entry.msgstr = BREAK.sub("", known.get(entry.msgid, ""))
    del catalogue.metadata["Last-Translator"]
    catalogue.metadata |= {
        "Language-Team": "Chinese (China)",
        "Language": "zh_CN",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    keep(folder / "zh_CN.po", catalogue)
    return [entry.msgid for entry in catalogue.untranslated_entries()]


def main():
    arguments = parse_arguments()
    words = {}
    if arguments.words:
        given = polib.pofile(str(arguments.words))
        words = {entry.msgid: entry.msgstr for entry in given.translated_entries()}
    missing = 0
    for addon in arguments.addons or templates.ADDONS:
        for sentence in renew(addon, words):
            print(f"{addon}: {sentence!r}")
            missing += 1
    return min(missing, 1)


if __name__ == "__main__":
    sys.exit(main())
