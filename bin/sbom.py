"""A software bill of materials in CycloneDX 1.5, made of what is installed.

Source of names and versions: the pins of requirements.txt, each held against the
package's own metadata; a part that is not installed, or in another version, is an error
and no line of the list. Called by bin/sbom, which says how to use it.
"""

import json
import os
import re
import sys
import uuid
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

PROJECT = Path(os.environ.get("PROJECT") or Path(__file__).parents[1])
LISTS = ("requirements.txt", "requirements-databases.txt")
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s#]+)", re.MULTILINE)
#: Fixed, so that the same parts make the same list.
NAMESPACE = uuid.UUID("5f0a3f0e-3a57-4b0b-9b5c-0d9d4f7f0b51")


def pins(names=LISTS):
    """``{name: (version, optional)}`` of the lists, the optional ones last."""
    return {
        name: (version, number > 0)
        for number, file in enumerate(names)
        for name, version in PIN.findall((PROJECT / file).read_text())
    }


def component(name, version, optional):
    """One part; LookupError where something else is installed."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        if optional:
            return _part(name, version, optional, None)
        raise LookupError(f"{name} {version} is pinned and not installed") from None
    if found.version != version:
        raise LookupError(f"{name}: {version} is pinned, {found.version} installed")
    return _part(name, version, optional, found)


def _part(name, version, optional, found):
    normal = re.sub(r"[-_.]+", "-", name).lower()
    purl = f"pkg:pypi/{normal}@{version}"
    part = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "scope": "optional" if optional else "required",
    }
    if licence := licence_of(found):
        part["licenses"] = [{"license": {"name": licence}}]
    return part


def licence_of(found):
    """As the package names it: the expression, else its classifiers, else its words."""
    if not found:
        return ""
    meta = found.metadata
    if expression := meta.get("License-Expression"):
        return expression
    classified = [
        each.rpartition(" :: ")[2]
        for each in meta.get_all("Classifier") or ()
        if each.startswith("License :: ") and each.count(" :: ") > 1
    ]
    words = (meta.get("License") or "").strip().splitlines()
    return ", ".join(classified) or (words[0][:100] if words else "")


def bill():
    parts = [
        component(name, version, optional)
        for name, (version, optional) in sorted(pins().items(), key=_by_name)
    ]
    text = "\n".join(part["purl"] for part in parts)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(NAMESPACE, text)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "suite",
                "name": "hospital-consumables-suite",
                "licenses": [{"license": {"id": "AGPL-3.0-or-later"}}],
            }
        },
        "components": parts,
        "dependencies": [
            {"ref": "suite", "dependsOn": [part["bom-ref"] for part in parts]}
        ],
    }


def _by_name(entry):
    return entry[0].lower()


def main():
    try:
        made = bill()
    except LookupError as error:
        sys.exit(str(error))
    json.dump(made, sys.stdout, indent=1, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
