"""The gateway under its own database account: it works, and reaches nothing else."""

import contextlib
import secrets
import subprocess

import psycopg2
import pytest
import templates
from processes import Gateway, eventually
from psycopg2 import errors, sql
from templates import PROJECT
from test_gateway import acknowledged, charge

#: What the account must not read. Tables of every floor, and the sealed contents.
CLOSED = (
    "SELECT 1 FROM product_product",
    "SELECT 1 FROM product_template",
    "SELECT 1 FROM stock_quant",
    "SELECT 1 FROM med_consumption",
    "SELECT 1 FROM med_vault",
    "SELECT 1 FROM med_vault_access",
    "SELECT 1 FROM med_his_visit",
    "SELECT 1 FROM med_his_charge_visit",
    "SELECT 1 FROM med_his_key",
    "SELECT password FROM res_users",
    "UPDATE res_users SET active = TRUE",
    "SELECT 1 FROM res_partner",
    "SELECT value FROM ir_config_parameter",
    "UPDATE ir_config_parameter SET key = 'x'",
    "SELECT 1 FROM ir_attachment",
    "SELECT 1 FROM account_move",
    "SELECT raw FROM med_his_message",
    "UPDATE med_his_message SET state = 'processed'",
    "UPDATE med_his_message SET raw = NULL",
    "DELETE FROM med_his_message",
    "DELETE FROM med_his_event",
    "SELECT db_password_sealed FROM med_his_channel",
    "SELECT out_key_sealed FROM med_his_channel",
    "UPDATE med_his_channel SET plaintext = TRUE",
    "UPDATE ir_cron SET active = FALSE",
)


#: Tables of which the account sees this many rows.
ONE_ROW = (("ir_config_parameter", 0), ("res_users", 1))


def command(database, *arguments, **environment):
    return subprocess.run(
        [PROJECT / "bin" / "odoo", "med_gateway", "-d", database.name, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**database.environment(), **environment},
        timeout=120,
    )


@pytest.fixture(scope="module")
def account(hospital_db):
    """The account, as the command makes it; it is gone when the tests end."""
    name = f"med_test_{secrets.token_hex(4)}"
    made = command(hospital_db, "--make-account", name, MED_GATEWAY_PASSWORD="T'1 x")
    assert made.returncode == 0, made.stdout + made.stderr
    yield name
    with contextlib.closing(psycopg2.connect(dbname=hospital_db.name)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            role = sql.Identifier(name)
            cursor.execute(sql.SQL("DROP OWNED BY {}").format(role))
            cursor.execute(sql.SQL("DROP ROLE {}").format(role))


@pytest.fixture(scope="module")
def small_gateway(hospital_db, processes, account):
    gateway = Gateway(hospital_db, "-r", account)
    processes.append(gateway)
    return gateway


@contextlib.contextmanager
def connected(database, account):
    connection = psycopg2.connect(dbname=database.name, user=account, password="T'1 x")
    with contextlib.closing(connection):
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor


def test_s11_the_gateway_accepts_under_its_own_account(small_gateway, sql):
    answers = small_gateway.send(charge("OWN1"), charge("OWN2"))
    assert [acknowledged(each)[0] for each in answers] == [b"AA", b"AA"]
    assert sql("SELECT state FROM med_his_message WHERE control_id = 'OWN1'")


def test_s11_a_duplicate_and_another_content_are_told_apart(small_gateway, sql):
    first, again, other = small_gateway.send(
        charge("OWN3"), charge("OWN3"), charge("OWN3", quantity=5)
    )
    assert first == again
    assert acknowledged(other)[0] == b"AE"
    assert len(sql("SELECT 1 FROM med_his_message WHERE control_id = 'OWN3'")) == 2


def test_s11_a_batch_is_accepted(small_gateway, sql):
    lines = [b"BHS|^~\\&|HIS|YUNXI|MED|STORE|20260105||||B8", charge("OWN4").rstrip()]
    data = b"\r".join((*lines, b"BTS|1", b""))
    first, again = small_gateway.send(data, data)
    assert b"\rMSA|AA|OWN4" in first
    assert first == again


def test_s11_it_wakes_the_job_and_says_that_it_lives(small_gateway, sql):
    small_gateway.send(charge("OWN5"))

    def woken():
        return sql(
            "SELECT 1 FROM ir_cron_trigger t JOIN ir_model_data d"
            " ON d.model = 'ir.cron' AND d.res_id = t.cron_id"
            " WHERE d.name = 'ir_cron_process'"
        ) and sql("SELECT 1 FROM med_his_node WHERE listening")

    eventually(woken, what="the job to be woken")
    assert sql("SELECT 1 FROM med_his_event WHERE event = 'connect'")
    assert "permission denied" not in small_gateway.log.read_text()


@pytest.mark.parametrize("statement", CLOSED)
def test_s11_it_reaches_nothing_else(hospital_db, account, statement):
    with (
        connected(hospital_db, account) as cursor,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        cursor.execute(statement)


def test_s11_no_table_beyond_the_list_can_be_read(hospital_db, account):
    """Whatever addons are installed: the tables of which it reads a column."""
    readable = templates.rows(
        hospital_db,
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'v', 'm')"
        " AND has_any_column_privilege(%s, c.oid, 'SELECT')",
        [account],
    )
    of_odoo = ("ir_model", "ir_module", "ir_cron", "ir_default", "orm_signaling")
    ours = ("channel", "event", "message", "node", "sequence")
    known = {f"med_his_{name}" for name in ours} | {table for table, _rows in ONE_ROW}
    names = {name for (name,) in readable if not name.startswith(of_odoo)}
    assert names - known == {"res_lang"}


@pytest.mark.parametrize(("table", "rows"), ONE_ROW)
def test_s11_of_shared_tables_it_sees_one_row_and_others_see_all(
    hospital_db, account, sql, table, rows
):
    with connected(hospital_db, account) as cursor:
        cursor.execute(f"SELECT id FROM {table}")  # noqa: S608  named above
        assert len(cursor.fetchall()) == rows
    assert len(sql(f"SELECT id FROM {table}")) > 1  # noqa: S608


def test_s11_the_rights_can_be_given_again_and_shown(hospital_db, account):
    again = command(hospital_db, "--make-account", account)
    assert again.returncode == 0, again.stdout
    shown = command(hospital_db, "--show-account", account)
    assert (
        f'GRANT CONNECT ON DATABASE "{hospital_db.name}" TO "{account}";'
        in shown.stdout
    )
    assert '"raw"' not in shown.stdout


def test_s11_the_server_s_own_account_is_refused(hospital_db):
    refused = command(hospital_db, "--make-account", "odoo")
    assert refused.returncode == 1
    assert "choose another name" in refused.stdout
