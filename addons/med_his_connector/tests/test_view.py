import contextlib
import os
import time
from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo import fields
from odoo.tests import tagged

from ..models import sql_source
from .certificates import Authority
from .common import HisCase
from .database_doors import PostgresDoor
from .maria_server import MariaServer

TABLE = """
    CREATE TABLE his_charge_detail (
        external_charge_no VARCHAR(20) PRIMARY KEY,
        charge_flag VARCHAR(4), product_code VARCHAR(20), qty DECIMAL(12, 3),
        dept_code VARCHAR(20), charge_time {time}, patient_name VARCHAR(40),
        original_id VARCHAR(20), entered_at {time})
"""
ROW = "INSERT INTO his_charge_detail VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"


class ViewTests:
    """What holds for every kind of database that is tested; a real server each."""

    def _insert(self, number, when="2026-01-05 10:15:00.25", **changes):
        row = {
            "flag": "1",
            "item": "T-GLOVE",
            "quantity": "2.000",
            "department": "T-ICU",
            "original": None,
            "entered": None,
            **changes,
        }
        values = [
            number,
            row["flag"],
            row["item"],
            row["quantity"],
            row["department"],
            when,
            "TESTNAME",
            row["original"],
            row["entered"],
        ]
        self._execute(ROW, values)

    def _look(self, problem=""):
        self.assertEqual(self.view._look(lambda: None), problem)
        self.env["med.his.message"].search([("state", "=", "received")])._process()
        return self.env["med.consumption"].search(
            [("source", "=", self.view._source())], order="id"
        )

    def _start(self, **values):
        self._execute("DELETE FROM his_charge_detail", [])
        self.view = self._channel(
            "VIEW",
            transport="view",
            view_name="his_charge_detail",
            db_password="reader-secret",
            db_user="reader",
            start_from="2026-01-01 00:00:00",
            batch_rows=3,
            **values,
        )

    def _fails_there(self, statement):
        with (
            self.view._view() as view,
            self.assertRaises(sql_source.SourceError),
            view._failures(),
        ):
            view._connection.exec_driver_sql(statement)

    def test_rows_become_lines_and_each_look_counts_them_once(self):
        for number in range(8):  # more than two batches, all of one moment
            self._insert(f"000{number}")
        lines = self._look()
        self.assertEqual(len(lines), 8)
        self.assertEqual(lines[0].external_key, "LINE:0000")
        self.assertEqual(lines[0].event_time, self._utc("2026-01-05 02:15"))
        self.assertEqual(len(self._look()), 8)

    def test_a_row_that_comes_late_within_the_overlap_is_found(self):
        self._insert("1", "2026-01-05 10:00:00")
        self._insert("2", "2026-01-05 11:00:00")
        self.assertEqual(len(self._look()), 2)
        self._insert("3", "2026-01-05 10:30:00")  # its transaction ended late
        self.assertEqual(len(self._look()), 3)

    def test_a_use_that_is_entered_days_late_is_found_at_night(self):
        self.view.start_from = "2026-01-03 01:30:00"
        self._insert("1", "2026-01-05 10:00:00")
        self._insert("2", "2026-01-05 11:00:00")
        self._look()
        self._insert("3", "2026-01-03 10:00:00")
        self._insert("4", "2026-01-03 09:00:00")  # before the channel was to begin
        self.assertEqual(len(self._look()), 2)
        self.view.looked_back_on -= timedelta(days=1)
        lines = self._look()
        self.assertEqual(lines.mapped("external_key")[2:], ["LINE:3"])
        self.assertTrue(self.view.watermark.startswith("2026-01-05T11:00"))

    def test_rows_are_read_in_the_order_of_their_entry(self):
        self.view.write({"entry_column": "Entered_At", "look_back_days": 0})
        for number in range(4):  # more than one batch
            entered = f"2026-01-05 10:0{number}:00"
            self._insert(f"{number}", "2026-01-05 09:00:00", entered=entered)
        self.assertEqual(len(self._look()), 4)
        self._insert("9", "2026-01-02 09:00:00", entered="2026-01-05 10:30:00")
        self.view.looked_back_on -= timedelta(days=1)
        self.assertEqual(len(self._look()), 5)
        self.view.entry_column = "keyed_in"
        self.assertIn("keyed_in", self.view._look(lambda: None))

    def test_a_refund_takes_back_its_charge(self):
        self._insert("1")
        self._insert("2", flag="-1", quantity="1", original="1")
        use, back = self._look()
        self.assertEqual((back.kind, back.reversal_of_id), ("return", use))

    def test_a_row_of_tomorrow_does_not_hide_those_of_today(self):
        tomorrow = fields.Datetime.now() + timedelta(days=30)
        self._insert("1", tomorrow.strftime("%Y-%m-%d %H:%M:%S"))
        self._look()
        today = fields.Datetime.context_timestamp(
            self.view.with_context(tz=self.view.tz), fields.Datetime.now()
        )
        self._insert("2", today.strftime("%Y-%m-%d %H:%M:%S"))
        self.assertEqual(self._look().external_key, "LINE:2")

    def test_nothing_can_be_written_there(self):
        self._fails_there("DELETE FROM his_charge_detail")

    def test_a_query_that_takes_too_long_is_ended(self):
        self.view.statement_seconds = 1
        began = time.monotonic()
        self._fails_there(self.sleep)
        self.assertLess(time.monotonic() - began, 25)

    def test_what_is_in_the_way_is_said_and_tried_again(self):
        self._insert("1")
        self.view.view_name = "nowhere"
        self.assertIn("nowhere", self.view._look(lambda: None))
        self.view.write({"view_name": "his_charge_detail", "db_password": "wrong"})
        if self.checks_passwords:
            self.assertIn("reader", self.view._look(lambda: None))
        self.view.db_password = "reader-secret"
        self.assertEqual(len(self._look()), 1)

    def test_the_password_is_sealed_and_never_shown(self):
        self.assertFalse(self.view.with_user(self.operator).db_password)
        self.assertTrue(self.view.with_user(self.operator).db_has_password)
        self.env.flush_all()
        self.env.cr.execute("SELECT t::text FROM med_his_channel t")
        self.assertNotIn("reader-secret", str(self.env.cr.fetchall()))
        self.assertEqual(self.view._db_password(), "reader-secret")

    def test_s06_only_mapped_columns_are_asked_for(self):
        self._insert("1")
        self._look()
        message = self.env["med.his.message"].search(
            [("channel_id", "=", self.view.id)]
        )
        self.assertNotIn(b"TESTNAME", message._content())
        with self.view._view() as view:
            self.assertNotIn("patient_name", self.view._view_columns(view).values())


@tagged("post_install", "-at_install")
class TestPostgresView(ViewTests, HisCase):
    """A view in PostgreSQL: a database of its own on the tests' server."""

    sleep = "SELECT pg_sleep(30)"
    checks_passwords = False  # the tests' server trusts its socket

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.database = f"{cls.env.cr.dbname}_his"[:60]
        cls._drop()
        cls.addClassCleanup(cls._drop)
        cls._on_server(f'CREATE DATABASE "{cls.database}"')
        cls.connection = psycopg2.connect(dbname=cls.database)
        cls.addClassCleanup(cls.connection.close)
        cls.connection.autocommit = True
        cls._execute(TABLE.format(time="TIMESTAMP"), [])
        cls._execute(
            "DO $$ BEGIN CREATE ROLE reader LOGIN; EXCEPTION"
            " WHEN duplicate_object THEN NULL; END $$",
            [],
        )
        cls._execute("GRANT ALL ON his_charge_detail TO reader", [])

    @classmethod
    def _drop(cls):
        cls._on_server(f'DROP DATABASE IF EXISTS "{cls.database}" WITH (FORCE)')

    @classmethod
    def _on_server(cls, statement):
        with contextlib.closing(psycopg2.connect(dbname="postgres")) as connection:
            connection.autocommit = True
            connection.cursor().execute(statement)

    @classmethod
    def _execute(cls, statement, values):
        cls.connection.cursor().execute(statement, values)

    def setUp(self):
        super().setUp()
        host = os.environ.get("PGHOST", "")
        port = int(os.environ.get("PGPORT", "0"))
        self._start(
            db_kind="postgresql", db_host=host, db_port=port, db_name=self.database
        )

    def test_s11_a_database_of_odoo_is_no_source(self):
        """Whoever may set up channels would read users and prices in it."""
        self.view.write({"db_name": self.env.cr.dbname, "view_name": "res_users"})
        self.view.db_user = False
        self.assertIn("database of Odoo", self.view._look(lambda: None))

    def test_without_sqlalchemy_it_is_said_what_to_install(self):
        with patch.dict("sys.modules", {"sqlalchemy": None}):
            self.assertIn("requirements-databases.txt", self.view._look(lambda: None))

    def test_a_driver_that_is_missing_is_named(self):
        self.view.write({"db_kind": "oracle", "db_plaintext": True})
        self.assertIn("oracledb", self.view._look(lambda: None))

    def test_a_kind_without_encryption_is_not_polled_unless_said(self):
        for kind in ("oracle", "mssql"):
            self.view.write({"db_kind": kind, "db_plaintext": False})
            self.assertIn("Lay a tunnel", self.view._look(lambda: None))

    def _through(self, authority=None, name="127.0.0.1", **values):
        """The view behind a door, with TLS where an authority signs for ``name``."""
        certificate = authority and authority.issue("db", (name,))
        behind = f"{self.view.db_host}/.s.PGSQL.{self.view.db_port or 5432}"
        door = PostgresDoor(behind, certificate)
        self.addCleanup(door.close)
        self.view.write(
            {
                "db_host": "127.0.0.1",
                "db_port": door.port,
                "db_password": "reader-secret",
                "db_authority": authority and authority.pem,
                **values,
            }
        )
        return door

    def test_the_way_is_encrypted_and_the_server_is_known(self):
        self._insert("1")
        door = self._through(Authority())
        self.assertEqual(len(self._look()), 1)
        self.assertIn(b"reader", door.heard)

    def test_a_server_with_another_certificate_gets_nothing(self):
        ours = Authority()
        for authority, name in ((Authority(), "127.0.0.1"), (ours, "192.0.2.1")):
            with self.subTest(name):
                door = self._through(authority, name, db_authority=ours.pem)
                self.assertTrue(self.view._look(lambda: None))
                self.assertFalse(door.heard)
                self.view.db_host = os.environ["PGHOST"]
                self.view.db_port = int(os.environ.get("PGPORT", "0"))

    def test_a_server_without_encryption_gets_nothing_unless_said(self):
        self._insert("1")
        door = self._through()
        self.assertIn("SSL", self.view._look(lambda: None))
        self.assertFalse(door.heard)
        self.view.write({"db_plaintext": True, "db_password": "reader-secret"})
        self.assertEqual(len(self._look()), 1)

    def test_a_column_that_is_missing_is_named(self):
        self.env["med.his.column"].create(
            {"channel_id": self.view.id, "field": "lot", "name": "pihao"}
        )
        self.assertIn("pihao", self.view._look(lambda: None))


@tagged("post_install", "-at_install")
class TestMariaView(ViewTests, HisCase):
    """A view in MariaDB: a real server, started for these tests."""

    sleep = "SELECT SLEEP(30) FROM his_charge_detail, information_schema.tables"
    checks_passwords = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority = Authority()
        server = MariaServer(cls.authority.issue("db", ("127.0.0.1",)))
        cls.addClassCleanup(server.stop)
        cls.port = server.port
        cls.connection = server.connect(charset="utf8mb4")
        cls.addClassCleanup(cls.connection.close)
        for statement in (
            "CREATE DATABASE his CHARACTER SET utf8mb4",
            "USE his",
            TABLE.format(time="DATETIME(3)"),
            "CREATE USER reader@'%' IDENTIFIED BY 'reader-secret'",
            "GRANT ALL ON his.* TO reader@'%'",
        ):
            cls._execute(statement, None)

    @classmethod
    def _execute(cls, statement, values):
        with cls.connection.cursor() as cursor:
            cursor.execute(statement, values)

    def setUp(self):
        super().setUp()
        self._start(
            db_kind="mariadb",
            db_host="127.0.0.1",
            db_port=self.port,
            db_name="his",
            db_authority=self.authority.pem,
        )

    def test_the_way_is_encrypted_and_the_server_is_known(self):
        self._execute("ALTER USER reader@'%' REQUIRE SSL", None)
        self.addCleanup(self._execute, "ALTER USER reader@'%' REQUIRE NONE", None)
        self._insert("1")
        self.assertEqual(len(self._look()), 1)
        self.view.write(
            {"db_authority": Authority().pem, "db_password": "reader-secret"}
        )
        self.assertIn("certificate", self.view._look(lambda: None))

    def test_a_query_that_takes_too_long_is_ended(self):
        self._insert("1")
        return super().test_a_query_that_takes_too_long_is_ended()
