from datetime import timedelta

from odoo.addons.base.models import ir_cron
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..core.sealing import new_key_line
from ..core.visit import Visit
from ..models import med_vault_purge
from .test_vault import VaultCase


@tagged("post_install", "-at_install")
class TestVaultPurge(VaultCase):
    """What is past its time is forgotten; what a recall must reach never is."""

    def setUp(self):
        super().setUp()
        self.company.med_vault_days = 100
        self.Vault = self.env["med.vault"]
        self.pump = self._product("Pump", med_management_class="3")
        self.old = self._kept("old", self.pump, days=101)
        self.fresh = self._kept("fresh", self.pump, days=99)
        self.implant = self._kept("implant", self.stent, days=4000)

    def _kept(self, key, product, days):
        line = self._use(
            1,
            key,
            product_id=product.id,
            event_time=self.now - timedelta(days=days),
        )
        return self.Vault._keep({line: Visit(f"V-{key}")})

    def _purge(self):
        with self.enter_registry_test_mode():
            self.env.ref("med_consumables.ir_cron_purge_vault").method_direct_trigger()

    def test_only_what_is_past_its_time_is_forgotten(self):
        self._purge()
        self.assertFalse(self.old.exists())
        self.assertTrue(self.fresh.exists() and self.implant.exists())

    def test_the_job_comes_back_until_all_of_it_is_forgotten(self):
        # The time of each go is over with its first batch, which is of one visit.
        self.patch(med_vault_purge, "PURGED_AT_ONCE", 1)
        self.patch(ir_cron, "MIN_TIME_PER_JOB", 0)
        more = self.old.union(
            *(self._kept(f"old {n}", self.pump, days=101) for n in range(3))
        )
        self._purge()
        self.assertFalse((self.old | more).exists())
        self.assertTrue(self.fresh.exists() and self.implant.exists())

    def test_each_purge_is_in_the_audit_trail(self):
        self._purge()
        entry = self.env["med.audit.entry"].search([("action", "=", "purge")], limit=1)
        self.assertIn("1 visits", entry.new_value)
        self.assertIn("100 days", entry.new_value)

    def test_an_item_that_became_an_implant_later_is_kept(self):
        self.pump.med_implant = True
        self._purge()
        self.assertTrue(self.old.exists())

    def test_nothing_is_forgotten_where_the_policy_keeps_everything(self):
        self.company.med_vault_days = 0
        self._purge()
        self.assertTrue(self.old.exists())

    def test_what_a_running_recall_asks_for_is_kept(self):
        lot = self._lot("PUMP-1", 100, self.pump)
        self._stock(5, lot, product=self.pump)
        line = self._use(
            1,
            "recalled",
            product_id=self.pump.id,
            lot_name="PUMP-1",
            event_time=self.now - timedelta(days=200),
        )
        self._post()
        kept = self.Vault._keep({line: Visit("V-9")})
        recall = self._recall(product_ids=self.pump.ids, lot_names="PUMP-1")
        recall.action_start()
        other = self._kept(
            "other", self._product("Valve", med_management_class="3"), days=101
        )
        self._purge()
        self.assertTrue(kept.exists())
        self.assertFalse(other.exists())

    def test_nobody_deletes_by_hand_whatever_the_context_says(self):
        for entry in (self.old, self.implant):
            with self.assertRaises(AccessError):
                entry.with_user(self.officer).with_context(
                    med_vault_purge=True
                ).unlink()
        with self.assertRaisesRegex(AccessError, "must reach patients"):
            self.implant.sudo().with_context(med_vault_purge=True).unlink()

    def test_sealing_anew_is_in_the_audit_trail(self):
        self._write_keys(new_key_line(), self.first_key)
        self.Vault._rotate()
        entry = self.env["med.audit.entry"].search([("action", "=", "rotate")], limit=1)
        self.assertIn("3 entries", entry.new_value)
