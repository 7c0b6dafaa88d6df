"""A database account of the gateway's own, with the least rights that it works with.

Whoever takes over the gateway's process must not reach what it does not need: no
product, no stock, no price, no line of use, no vault, no user, and of the messages only
what their columns say, never their content. Odoo reads its own description of itself
(modules, models, fields) before anything else; those tables hold no data of the
hospital.

What the account can do besides: read the channels and their certificates (but not what
logs in to other systems, even sealed), store messages, events and its own sign of life,
and wake the job that processes messages. The private key of a channel's certificate is
sealed with the key file, and so is every content that it stores. Odoo lets every
account of a database make tables of its own; that is left as it is, since others may
count on it.
"""

import os

from psycopg2 import sql

from odoo.sql_db import db_connect

#: Where its password comes from; without one the account logs in by the server's other
#: means (peer, certificate).
PASSWORD = "MED_GATEWAY_PASSWORD"  # noqa: S105  the name of a variable, and no password
#: Odoo's description of itself, and what tells it that a cache is old.
DESCRIPTION = (
    "ir_default",
    "ir_model",
    "ir_model_data",
    "ir_model_fields",
    "ir_module_module",
    "res_lang",
)
SIGNALS = "orm_signaling_%"
#: Tables, and what is done to them; columns where not all of them are meant.
RIGHTS = (
    ("med_his_event", "SELECT", ("id",)),
    ("med_his_event", "INSERT", ()),
    ("med_his_message", "INSERT", ()),
    ("med_his_message", "UPDATE", ("answer", "answer_code", "batch_size")),
    ("med_his_node", "SELECT", ()),
    ("med_his_node", "INSERT", ()),
    ("med_his_node", "UPDATE", ()),
    ("med_his_sequence", "SELECT", ()),
    ("med_his_sequence", "INSERT", ()),
    ("med_his_sequence", "UPDATE", ("last",)),
    ("ir_config_parameter", "DELETE", ()),
    ("ir_cron", "SELECT", ()),
    ("ir_cron_trigger", "SELECT", ("id",)),
    ("ir_cron_trigger", "INSERT", ()),
)
#: Tables of which it sees one row alone, by a policy that binds nobody else. Odoo
#: removes a mark among its parameters whenever it reads its description, and looks up
#: the user under whom the gateway works, which is Odoo's own.
ONE_ROW = (
    ("ir_config_parameter", "key = 'base.partially_updated_database'"),
    ("res_users", "id = 1"),
)
#: Tables of which it reads all columns but these: contents are for whoever processes
#: them, and secrets for whoever checks them.
ALL_BUT = {
    "ir_config_parameter": ("value",),
    # Of what is sealed it needs the key of the channel's own certificate alone.
    "med_his_channel": ("db_password_sealed", "out_key_sealed"),
    "med_his_message": ("raw",),
    "res_users": ("password", "totp_secret"),
}


def statements(cr, name):
    """The SQL that gives the account exactly these rights, and takes all others."""
    role = sql.Identifier(name)
    database = sql.Identifier(cr.dbname)
    yield sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(role)
    yield sql.SQL("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {}").format(role)
    yield sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, role)
    yield sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role)
    cr.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        " AND (tablename = ANY(%s) OR tablename LIKE %s) ORDER BY 1",
        [list(DESCRIPTION), SIGNALS],
    )
    for (table,) in cr.fetchall():
        yield _grant("SELECT", (), table, role)
    for table, columns in ALL_BUT.items():
        yield _grant("SELECT", _columns_but(cr, table, columns), table, role)
    for table, right, columns in RIGHTS:
        yield _grant(right, columns, table, role)
    for table, which in ONE_ROW:
        yield from _only_row(table, which, role)
    for table in sorted({table for table, right, _ in RIGHTS if right == "INSERT"}):
        cr.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
        sequence = cr.fetchone()[0]
        yield sql.SQL("GRANT USAGE ON SEQUENCE {} TO {}").format(
            sql.Identifier(*sequence.replace('"', "").split(".")), role
        )


def make_account(database, name):
    """Make the account, or bring its rights up to date; the exit status."""
    with db_connect(database).cursor() as cr:
        cr.execute("SELECT rolsuper FROM pg_roles WHERE rolname = %s", [name])
        known = cr.fetchone()
        if known and known[0]:
            _say(f"{name} may do everything here (superuser): choose another name.")
            return 1
        if not known and not _create(cr, name):
            return 1
        for statement in statements(cr, name):
            cr.execute(statement)
        late = _answering_late(cr)
    _say(f"{name} has the rights of the gateway in {database}, and no others.")
    _say(f"Start it with: odoo med_gateway -d {database} -r {name}")
    for code in late:
        _say(
            f"Channel {code} answers when a message is processed. Processing needs the "
            "server's rights: serve it by a gateway of its own under the server's "
            f"account (--channel {code}), or let it answer when stored."
        )
    return 0


def show_account(database, name):
    """Print the SQL, for whoever administers the database."""
    with db_connect(database).cursor() as cr:
        _say(f"-- once: CREATE ROLE {name} LOGIN PASSWORD '...';")
        for statement in statements(cr, name):
            _say(f"{statement.as_string(cr._obj)};")
    return 0


def _create(cr, name):
    cr.execute("SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = user")
    if not cr.fetchone()[0]:
        _say(
            f"The server's own account may not make accounts. Have the database's "
            f"administrator run: createuser --login {name}\nThen give this command "
            "again: the rights themselves are given by the server's account."
        )
        return False
    made = sql.SQL("CREATE ROLE {} LOGIN NOCREATEDB NOCREATEROLE NOSUPERUSER")
    cr.execute(made.format(sql.Identifier(name)))
    if password := os.environ.get(PASSWORD):
        given = sql.SQL("ALTER ROLE {} PASSWORD {}")
        # Not through Odoo's cursor, which logs a statement that fails.
        cr._obj.execute(given.format(sql.Identifier(name), sql.Literal(password)))
    return True


def _grant(right, columns, table, role):
    named = sql.SQL(", ").join(map(sql.Identifier, columns))
    of = sql.SQL(" ({})").format(named) if columns else sql.SQL("")
    return sql.SQL("GRANT {}{} ON {} TO {}").format(
        sql.SQL(right), of, sql.Identifier(table), role
    )


def _only_row(name, which, role):
    """The account sees this row of the table alone; everybody else, all as before."""
    table = sql.Identifier(name)
    everybody, own = sql.Identifier("med_everybody"), sql.Identifier("med_gateway")
    for policy in (everybody, own):
        yield sql.SQL("DROP POLICY IF EXISTS {} ON {}").format(policy, table)
    yield sql.SQL(
        "CREATE POLICY {} ON {} AS PERMISSIVE TO PUBLIC USING (true) WITH CHECK (true)"
    ).format(everybody, table)
    yield sql.SQL("CREATE POLICY {} ON {} AS RESTRICTIVE TO {} USING ({})").format(
        own, table, role, sql.SQL(which)
    )
    yield sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(table)


def _columns_but(cr, table, left_out):
    cr.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = %s"
        " AND column_name <> ALL(%s) ORDER BY ordinal_position",
        [table, list(left_out)],
    )
    return [name for (name,) in cr.fetchall()]


def _answering_late(cr):
    cr.execute(
        "SELECT code FROM med_his_channel WHERE active AND transport = 'mllp'"
        " AND answer_when = 'processed' ORDER BY code"
    )
    return [code for (code,) in cr.fetchall()]


def _say(text):
    """To whoever started the command."""
    print(text, flush=True)  # noqa: T201  pylint: disable=print-used
