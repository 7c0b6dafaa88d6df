"""What holds for every addon and every tracked file of the house."""

import ast
import re
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import polib
import pytest
from lxml import etree
from packaging.requirements import Requirement

PROJECT = Path(__file__).parents[1]
ADDONS = sorted(path.parent for path in PROJECT.glob("addons/*/__manifest__.py"))

# Which addon stands on which others; nobody depends on a floor above.
STANDS_ON = {
    "med_consumables": {
        "stock",
        "purchase_stock",
        "stock_account",
        "product_expiry",
        "account",
        "barcodes",
        "rpc",
        "stock_picking_batch",
    },
    "med_alerts": {"med_consumables"},
    "med_replenishment": {"med_alerts"},
    "med_purchase": {
        "med_replenishment",
        "purchase_request",
        "purchase_requisition_stock",
        "base_tier_validation",
        "purchase_request_tier_validation",
    },
    "med_budget": {"med_purchase"},
    "med_analytics": {"med_budget", "spreadsheet_dashboard", "report_xlsx"},
    "med_his_connector": {"med_alerts", "base_import"},
}
MANIFEST_KEYS = [
    "name",
    "summary",
    "version",
    "category",
    "author",
    "license",
    "depends",
    "external_dependencies",
    "data",
    "demo",
    "assets",
    "pre_init_hook",
    "post_init_hook",
    "uninstall_hook",
    "application",
]
# Packages that Odoo 19 installs for itself, by the name they are imported by.
ODOO_BRINGS = {
    "cryptography",
    "dateutil",
    "lxml",
    "markupsafe",
    "openpyxl",
    "psycopg2",
    "pytz",
    "reportlab",
    "requests",
    "stdnum",
    "werkzeug",
    "xlsxwriter",
}
#: Where a channel polls a database, and said so there; and a faster loop of events.
OPTIONAL = {"sqlalchemy", "uvloop"}
# Where a developer's or a build machine's own folders begin.
MACHINE_PATHS = re.compile(
    r"(?<![\w.<])/(?:root|home/\w+|work|tmp/dev|Users/\w+)/[\w.]"
)
# Where packages come from is the business of the machine that installs them.
REGISTRY_HOSTS = re.compile(
    r"https?://[\w.-]*(?:pypi|pythonhosted|npmjs|debian|ubuntu|github(?:usercontent)?)"
    r"[\w.-]*\.(?:org|com|net|io)",
    re.IGNORECASE,
)
BINARY = {".png", ".jpg", ".gif", ".ico", ".gz", ".xlsx", ".pdf", ".woff2", ".mo"}

each_addon = pytest.mark.parametrize("addon", ADDONS, ids=lambda path: path.name)


def manifest(addon):
    return ast.literal_eval((addon / "__manifest__.py").read_text())


def imported_names(file):
    """Every absolute module name that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module


def tracked_texts():
    """Every tracked text file: its name and content."""
    names = subprocess.check_output(["git", "ls-files", "-z"], cwd=PROJECT, text=True)
    for name in filter(None, names.split("\0")):
        path = PROJECT / name
        if path.is_file() and path.suffix not in BINARY:
            yield name, path.read_text(encoding="utf-8", errors="replace")


def requirements():
    for file in sorted(PROJECT.glob("requirements*.txt")):
        for line in file.read_text().splitlines():
            if line.strip() and not line.startswith("#"):
                yield pytest.param(line, id=f"{file.stem}-{line}")


def test_every_addon_has_its_floor():
    assert {addon.name for addon in ADDONS} == set(STANDS_ON)


@each_addon
def test_an_addon_depends_only_on_floors_below(addon):
    assert set(manifest(addon)["depends"]) == STANDS_ON[addon.name]


@each_addon
def test_a_manifest_has_its_keys_in_order(addon):
    keys = list(manifest(addon))
    assert keys == sorted(keys, key=MANIFEST_KEYS.index)


@each_addon
def test_an_addon_is_under_the_agpl_and_for_odoo_19(addon):
    assert manifest(addon)["license"] == "AGPL-3"
    assert re.fullmatch(r"19\.0\.\d+\.\d+\.\d+", manifest(addon)["version"])


@each_addon
def test_all_the_data_files_of_an_addon_are_loaded(addon):
    """A view or right that no manifest names is silently without effect."""
    loaded = set(manifest(addon).get("data", []))
    folders = ("security", "data", "views", "wizard", "report")
    found = {
        str(file.relative_to(addon))
        for folder in folders
        for kind in ("*.xml", "*.csv")
        for file in (addon / folder).rglob(kind)
    }
    assert loaded == found


@each_addon
def test_rows_of_a_wizard_are_for_whoever_opened_it(addon):
    """Odoo shows them to everybody who may use the wizard, unless a rule says so."""
    wizards = {
        name.replace(".", "_")
        for file in addon.rglob("*.py")
        if "tests" not in file.parts
        for name in re.findall(
            r"\(models\.TransientModel\):.*?\n    _name = \"([\w.]+)\"",
            file.read_text(),
            re.DOTALL,
        )
    }
    own = {
        rule.find("field[@name='model_id']").get("ref").removeprefix("model_")
        for file in addon.glob("security/*.xml")
        for rule in etree.parse(file).iterfind("record[@model='ir.rule']")
        if rule.findtext("field[@name='domain_force']")
        == "[('create_uid', '=', user.id)]"
        and rule.find("field[@name='groups']") is None
    }
    assert wizards <= own


@each_addon
def test_core_never_imports_odoo(addon):
    for file in (addon / "core").rglob("*.py"):
        for name in imported_names(file):
            assert name.split(".")[0] != "odoo", f"{file} imports {name}"


@each_addon
def test_core_reaches_for_nothing_above_it(addon):
    """Relative imports of core stay in core."""
    core = addon / "core"
    for file in core.rglob("*.py"):
        depth = len(file.relative_to(core).parts)
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert node.level <= depth, f"{file} imports from outside core"


@each_addon
def test_a_package_that_odoo_does_not_bring_is_declared(addon):
    """Odoo then refuses to install and says which; else a traceback says it."""
    known = ODOO_BRINGS | OPTIONAL | set(sys.stdlib_module_names) | {"odoo"}
    foreign = {
        name.split(".")[0]
        for file in addon.rglob("*.py")
        if "tests" not in file.parts
        for name in imported_names(file)
    } - known
    declared = manifest(addon).get("external_dependencies", {}).get("python", [])
    assert foreign == set(declared)


@each_addon
def test_every_test_file_is_imported_by_its_package(addon):
    """Odoo's own runner sees only those."""
    package = addon / "tests" / "__init__.py"
    files = {file.stem for file in addon.glob("tests/test_*.py")}
    imported = {
        alias.name
        for node in ast.walk(ast.parse(package.read_text()))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert files
    assert files <= imported


@each_addon
def test_every_word_of_an_addon_is_in_chinese(addon):
    template = polib.pofile(str(addon / "i18n" / f"{addon.name}.pot"))
    chinese = polib.pofile(str(addon / "i18n" / "zh_CN.po"))
    words = {(entry.msgctxt, entry.msgid) for entry in template}
    translated = {
        (entry.msgctxt, entry.msgid) for entry in chinese.translated_entries()
    }
    assert words, "the template of translations is empty"
    assert not words - translated
    assert not chinese.untranslated_entries()
    assert not chinese.fuzzy_entries()


@each_addon
def test_translations_keep_their_placeholders(addon):
    placeholder = re.compile(r"%\(\w+\)[sdf]|%[sd]|\{\w*\}")
    for entry in polib.pofile(str(addon / "i18n" / "zh_CN.po")):
        wanted = sorted(placeholder.findall(entry.msgid))
        assert sorted(placeholder.findall(entry.msgstr)) == wanted, entry.msgid


@each_addon
def test_an_addon_says_what_it_is_for(addon):
    assert (addon / "readme" / "README.md").read_text().strip()


@pytest.mark.parametrize("line", requirements())
def test_a_requirement_is_pinned_exactly(line):
    pins = list(Requirement(line).specifier)
    assert [pin.operator for pin in pins] == ["=="]
    assert "*" not in pins[0].version


def test_the_lock_of_node_packages_names_no_registry():
    assert '"resolved"' not in (PROJECT / "package-lock.json").read_text()


def test_no_file_names_a_folder_of_one_machine():
    found = {name for name, text in tracked_texts() if MACHINE_PATHS.search(text)}
    assert not found


def test_no_file_names_a_package_registry():
    found = {
        name
        for name, text in tracked_texts()
        if REGISTRY_HOSTS.search(text) and not name.endswith((".md", "LICENSE"))
    }
    assert not found


def test_odoo_listens_only_on_this_machine_by_default():
    configuration = ConfigParser(interpolation=None)
    configuration.read(PROJECT / "odoo.conf")
    options = configuration["options"]
    assert options["http_interface"] == "127.0.0.1"
    assert options.getboolean("skip_auto_install")
    assert not options.getboolean("list_db")
