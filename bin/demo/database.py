"""Whether a database is there, and whether it is the demo hospital.

    python bin/demo/database.py exists NAME

Connects as Odoo does: by the environment (PGHOST ...), else by odoo.conf.
"""

import configparser
import os
import sys
from pathlib import Path

import psycopg2

MADE_ON = "med.demo_hospital_made_on"
_CONF = Path(__file__).parents[2] / "odoo.conf"
#: libpq's name of a setting -> its variable and its name in odoo.conf.
_SETTINGS = {
    "host": ("PGHOST", "db_host"),
    "port": ("PGPORT", "db_port"),
    "user": ("PGUSER", "db_user"),
    "password": ("PGPASSWORD", "db_password"),
}


def connect(name):
    conf = configparser.ConfigParser(interpolation=None)
    conf.read(os.environ.get("ODOO_RC") or _CONF, encoding="utf-8")
    named = {
        key: os.environ.get(variable) or conf.get("options", option, fallback="")
        for key, (variable, option) in _SETTINGS.items()
    }
    given = {key: value for key, value in named.items() if value not in ("", "False")}
    return psycopg2.connect(dbname=name, **given)


def _ask(name, query, *values):
    """The first value that the query finds, or None."""
    connection = connect(name)
    try:
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            row = cursor.fetchone()
            return row[0] if row else None
    finally:
        connection.close()


def exists(name):
    query = "SELECT 1 FROM pg_database WHERE datname = %s"
    return _ask("postgres", query, name) is not None


def made_on(name):
    """The day the demo hospital in this database was made; None without one."""
    if _ask(name, "SELECT to_regclass('ir_config_parameter')") is None:
        return None
    query = "SELECT value FROM ir_config_parameter WHERE key = %s"
    return _ask(name, query, MADE_ON)


if __name__ == "__main__":
    sys.exit(not exists(sys.argv[2]))
