"""OCA's DDMRP beside ours: its recompute, in an environment and database of its own.

The packages are unpacked into a folder of MED_HOME and never join the suite's own; the
database is a copy of plain Odoo with ddmrp on top, dropped when it has been measured.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import templates

#: Exact, as anything else that is measured.
VERSION = "19.0.1.1.2"
PACKAGES = (
    f"odoo-addon-ddmrp=={VERSION}",
    "odoo-addon-base_cron_exclusion==19.0.1.0.0.6",
    "odoo-addon-mrp_multi_level==19.0.1.0.5.4",
    "odoo-addon-mrp_warehouse_calendar==19.0.1.0.0.8",
    "odoo-addon-stock_demand_estimate==19.0.1.1.0.1",
    "odoo-addon-stock_location_is_sublocation==19.0.1.0.0.8",
    "odoo-addon-stock_move_quantity_product_uom==19.0.1.0.0.8",
    "odoo-addon-stock_warehouse_calendar==19.0.1.0.0.8",
    "odoo-addon-web_widget_bokeh_chart==19.0.1.0.1.4",
    "bokeh==3.9.0",
    "contourpy==1.3.3",
    "narwhals==2.29.0",
    "pyyaml==6.0.4",
    "tornado==6.6.1",
    "xyzservices==2026.9.1",
)
CHILD = Path(__file__).with_name("_ddmrp_buffers.py")


def packages():
    """The folder that holds DDMRP and what it needs; made once."""
    folder = templates.HOME / f"ddmrp-{VERSION}"
    if not (folder / ".ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        command += ["--disable-pip-version-check", "--only-binary", ":all:"]
        subprocess.run(
            [*command, "--target", str(folder), *PACKAGES],
            check=True,
            stdout=sys.stderr,
        )
        (folder / ".ready").touch()
    return folder


def recompute(sizes):
    """Seconds of use a day, of buffers and of both: one dict a number of buffers."""
    folder = packages()
    templates.ensure("core")
    database = templates.copy_of("core", "ddmrp")
    environment = database.environment()
    environment["PYTHONPATH"] = os.pathsep.join([str(templates.ODOO), str(folder)])
    environment["DDMRP_ADDONS"] = str(folder / "odoo" / "addons")
    try:
        command = [sys.executable, str(CHILD), database.name, *map(str, sizes)]
        done = subprocess.run(
            command, env=environment, check=True, stdout=subprocess.PIPE, text=True
        )
    finally:
        database.drop()
    return [json.loads(line) for line in done.stdout.splitlines()]
