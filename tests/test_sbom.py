"""The list of parts: what it names is what runs, and fits together."""

import json
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from templates import PROJECT

PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s#]+)", re.MULTILINE)
#: Odoo is no package of pip here; psycopg2 is there as its binary build; setuptools is
#: the environment's own.
ELSEWHERE = {"odoo", "psycopg2", "setuptools"}


#: What a part asks for and is left out, since what needs it is never called.
LEFT_OUT = {"geoip2": {"aiohttp"}, "num2words": {"docopt"}}


def bill():
    made = subprocess.run(
        [sys.executable, PROJECT / "bin" / "sbom.py"],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(made.stdout)


def test_s14_the_list_of_parts_is_what_is_pinned_and_installed():
    parts = {(each["name"], each["version"]) for each in bill()["components"]}
    pinned = set()
    for name in ("requirements.txt", "requirements-databases.txt"):
        pinned |= set(PIN.findall((PROJECT / name).read_text()))
    assert parts == pinned


def test_s14_it_is_cyclonedx_and_the_same_parts_make_the_same_list():
    made = bill()
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.5")
    assert made == bill()
    refs = [each["bom-ref"] for each in made["components"]]
    assert len(refs) == len(set(refs))
    assert made["dependencies"] == [{"ref": "suite", "dependsOn": refs}]
    for each in made["components"]:
        assert re.fullmatch(r"pkg:pypi/[a-z0-9-]+@[\w.]+", each["purl"])


def test_s14_every_part_that_runs_names_its_licence():
    without = [
        each["name"]
        for each in bill()["components"]
        if each["scope"] == "required" and not each.get("licenses")
    ]
    assert without == []


def test_s14_every_part_has_what_it_asks_for():
    wrong = []
    for each in bill()["components"]:
        if each["scope"] == "optional":
            continue
        for text in distribution(each["name"]).requires or ():
            wish = Requirement(text)
            if wish.name in ELSEWHERE | LEFT_OUT.get(each["name"], set()):
                continue
            if wish.marker and not wish.marker.evaluate():
                continue
            try:
                version = distribution(wish.name).version
            except PackageNotFoundError:
                version = None
            if not version or not wish.specifier.contains(version, prereleases=True):
                wrong.append(f"{each['name']} asks for {text}, there is {version}")
    assert wrong == []


def test_s14_nothing_of_others_is_copied_into_the_repository():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    names = ("vendor", "third_party", "node_modules", "site-packages")
    assert not [path for path in tracked if set(path.split("/")) & set(names)]
