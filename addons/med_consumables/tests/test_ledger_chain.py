import subprocess
import sys
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, new_test_user, tagged
from odoo.tools import SQL, config

from ..core.ledger_chain import GENESIS, Break, Seal, first_break, seal
from .common import ConsumablesCase

LINES = [(1, b"a"), (2, b"b"), (5, b"c")]


class TestCoreLedgerChain(BaseCase):
    def _break(self, lines, kept=None):
        return first_break(kept or seal(GENESIS, LINES), GENESIS, lines)

    def test_what_was_not_touched_is_unbroken(self):
        self.assertIsNone(self._break(LINES))

    def test_the_first_line_that_differs_is_named(self):
        self.assertEqual(
            self._break([(1, b"a"), (2, b"x"), (5, b"y")]), Break("changed", 2)
        )
        self.assertEqual(self._break([(1, b"a"), (5, b"c")]), Break("removed", 2))
        self.assertEqual(
            self._break([(1, b"a"), (2, b"b"), (3, b"n"), (5, b"c")]),
            Break("inserted", 3),
        )

    def test_a_seal_covers_the_one_before(self):
        self.assertNotEqual(seal(GENESIS, LINES).hash, seal("1" * 64, LINES).hash)

    def test_a_changed_seal_over_unchanged_lines_is_named(self):
        good = seal(GENESIS, LINES)
        forged = Seal("f" * 64, good.count, good.manifest)
        self.assertEqual(self._break(LINES, forged), Break("seal"))


@tagged("post_install", "-at_install")
class TestLedgerChain(ConsumablesCase):
    def setUp(self):
        super().setUp()
        self.Seals = self.env["med.ledger.seal"]
        self.first = self._use(1, "k1")
        self.second = self._use(2, "k2", encounter_token="V1", note="late")
        self._sql("SELECT nextval('med_consumption_id_seq')")
        self.gap = self.env.cr.fetchone()[0]
        self.third = self._use(3, "k3")
        self.last = self.third.id
        self.seals = self.Seals._seal_until(self.last)

    def _fault(self):
        self.env.invalidate_all()
        fault = self.Seals._chain(self.company)._first_fault()
        return fault and (fault[1].what, fault[1].line)

    def _sql(self, query, *params):
        self.env.cr.execute(query, params or None)

    def test_the_ledger_is_sealed_once(self):
        self.assertEqual(sum(self.seals.mapped("line_count")), 3)
        self.assertFalse(self.Seals._seal_until(self.last))
        self.assertIsNone(self._fault())

    def test_posting_does_not_break_the_chain(self):
        self._stock(100, self._lot("A"))
        self._post()
        self.assertEqual(self.second.state, "posted")
        self.assertIsNone(self._fault())

    def test_a_changed_line_is_named(self):
        for column, value in (
            ("quantity", 20),
            ("note", "x"),
            ("create_uid", self.env.ref("base.user_admin").id),
            ("event_time", "2020-01-01"),
        ):
            with self.subTest(column), self.cr.savepoint() as savepoint:
                self._sql(
                    SQL(
                        "UPDATE med_consumption SET %s = %s WHERE id = %s",
                        SQL.identifier(column),
                        value,
                        self.second.id,
                    )
                )
                self.assertEqual(self._fault(), ("changed", self.second.id))
                savepoint.rollback()

    def test_who_wrote_a_line_stays_when_the_user_is_deleted(self):
        user = new_test_user(self.env, "leaves", groups="base.group_user")
        ledger = self.env["med.consumption"].with_user(user).sudo()
        line = ledger._record([self._report(1, "k4")])
        self.Seals._seal_until(line.id)
        user.unlink()
        self._sql("SELECT create_uid FROM med_consumption WHERE id = %s", line.id)
        self.assertEqual(self.env.cr.fetchone(), (user.id,))
        self.assertIsNone(self._fault())

    def test_a_removed_line_is_named(self):
        self._sql("DELETE FROM med_consumption WHERE id = %s", self.second.id)
        self.assertEqual(self._fault(), ("removed", self.second.id))

    def test_an_inserted_line_is_named(self):
        columns = [
            name
            for name, field in self.env["med.consumption"]._fields.items()
            if field.store and field.column_type and name not in ("id", "external_key")
        ]
        names = SQL(", ").join(map(SQL.identifier, columns))
        self._sql(
            SQL(
                "INSERT INTO med_consumption (id, external_key, %s) "
                "SELECT %s, 'forged', %s FROM med_consumption WHERE id = %s",
                names,
                self.gap,
                names,
                self.first.id,
            )
        )
        self.assertEqual(self._fault(), ("inserted", self.gap))

    def test_a_removed_or_changed_seal_is_named(self):
        for number in range(3):
            self._use(1, f"m{number}")
            self.env.flush_all()
            last = self.env["med.consumption"].search([], order="id desc", limit=1)
            self.Seals._seal_until(last.id)
        chain = self.Seals._chain(self.company)
        with self.cr.savepoint() as savepoint:
            self._sql("DELETE FROM med_ledger_seal WHERE id = %s", chain[1].id)
            self.assertEqual(self._fault(), ("chain", None))
            savepoint.rollback()
        self._sql(
            "UPDATE med_ledger_seal SET hash = %s WHERE id = %s", "f" * 64, chain[-1].id
        )
        self.assertEqual(self._fault(), ("seal", None))

    def test_a_seal_is_never_changed_or_deleted(self):
        with self.assertRaisesRegex(UserError, "never changed"):
            self.seals.sudo().hash = "0"
        with self.assertRaisesRegex(UserError, "never deleted"):
            self.seals.sudo().unlink()

    def test_the_job_seals_only_below_what_may_still_be_written(self):
        self._use(1, "late")
        last = self._use(1, "later").id
        snapshot = patch.object(type(self.Seals), "_snapshot")
        with snapshot as seen:
            seen.return_value = (100, 110, last)
            self.Seals._cron_seal()  # takes note
            self.assertEqual(self.Seals._chain(self.company)[-1].to_id, self.last)
            seen.return_value = (105, 150, last + 9)
            self.Seals._cron_seal()  # a transaction of that time is at work
            self.assertEqual(self.Seals._chain(self.company)[-1].to_id, self.last)
            seen.return_value = (111, 160, last + 9)
            self.Seals._cron_seal()
            self.assertEqual(self.Seals._chain(self.company)[-1].to_id, last)

    def test_a_line_is_sealed_by_the_second_run_after_it_was_written(self):
        job = self.env.ref("med_consumables.ir_cron_seal_ledger")
        self.assertEqual((job.interval_number, job.interval_type), (2, "minutes"))
        late = self._use(1, "late")
        self.assertEqual(self.Seals._unsealed(self.company)[0], 1)
        self.assertIn("wait for their seal", self.Seals._unsealed_text(self.company))
        with patch.object(type(self.Seals), "_snapshot") as seen:
            for moment in (10**12, 10**12 + 1):  # past every real transaction
                seen.return_value = (moment, moment, late.id)
                self.Seals._cron_seal()
        self.assertEqual(self.Seals._unsealed(self.company), (0, None))
        self.assertFalse(self.Seals._unsealed_text(self.company))

    def test_a_run_of_the_job_leaves_the_caches_of_other_workers_alone(self):
        with patch.object(type(self.env.registry), "clear_cache") as cleared:
            self.Seals._cron_seal()
            self.env.flush_all()
        cleared.assert_not_called()

    def test_the_job_starts_again_in_a_restored_database(self):
        with patch.object(type(self.Seals), "_snapshot") as seen:
            seen.return_value = (900, 910, self.last)
            self.Seals._cron_seal()
            seen.return_value = (20, 30, self.last)  # transactions count anew
            self.Seals._cron_seal()
            last = self._use(1, "later").id
            seen.return_value = (40, 45, last)
            self.Seals._cron_seal()
            seen.return_value = (50, 55, last)
            self.Seals._cron_seal()
        self.assertEqual(self.Seals._chain(self.company)[-1].to_id, last)

    def test_the_real_snapshot_knows_the_newest_line(self):
        lowest, following, last = self.Seals._snapshot()
        self.assertLessEqual(lowest, following)
        self.assertEqual(last, self.third.id)

    def test_an_auditor_verifies_and_sees_the_sentence(self):
        auditor = self._user("lc_auditor", "med_consumables.group_auditor")
        seals = self.Seals.with_user(auditor)
        answer = seals.action_verify()["params"]
        self.assertEqual(answer["type"], "success")
        self._sql(
            "UPDATE med_consumption SET quantity = 9 WHERE id = %s", self.second.id
        )
        self.env.invalidate_all()
        answer = seals.action_verify()["params"]
        self.assertEqual(answer["type"], "danger")
        self.assertIn(
            f"line {self.second.id} of the ledger was changed", answer["message"]
        )
        logged = self.env["med.audit.entry"].search([], limit=1)
        self.assertEqual((logged.action, logged.user_id), ("verify", auditor))

    def test_wards_and_stores_do_not_read_seals(self):
        for role in ("group_ward_user", "group_ward_manager", "group_storekeeper"):
            user = self._user(f"lc_{role}", f"med_consumables.{role}")
            with self.subTest(role), self.assertRaises(AccessError):
                self.Seals.with_user(user).action_verify()

    def test_the_command_prints_each_company_and_finds_a_kept_hash(self):
        said = []
        kept = self.Seals._chain(self.company)[-1].hash
        self.assertEqual(self.Seals._verify_all(said.append, kept), 0)
        self.assertIn(kept, "\n".join(said))
        self.assertEqual(self.Seals._verify_all(said.append, "e" * 64), 2)
        self._sql("DELETE FROM med_consumption WHERE id = %s", self.first.id)
        self.env.invalidate_all()
        self.assertEqual(self.Seals._verify_all(said.append), 1)
        self.assertIn(f"line {self.first.id} of the ledger was removed", said[-1])

    def test_the_command_is_found_and_verifies_this_database(self):
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "odoo",
                f"--addons-path={','.join(config['addons_path'])}",
                "med_verify_ledger",
                f"--database={self.env.cr.dbname}",
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("are as they were sealed", done.stdout)
