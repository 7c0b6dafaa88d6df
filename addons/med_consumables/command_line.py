"""What our commands of ``odoo`` have in common."""

import os
import sys

from odoo.tools import config


def one_database(named, command):
    """The database to work on: as named, configured, or of ``PGDATABASE``."""
    names = [named] if named else config["db_name"] or [os.environ.get("PGDATABASE")]
    if len(names) != 1 or not names[0]:
        sys.exit(f"Name one database: odoo {command} -d DATABASE")
    return names[0]
