from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user

from .common import HisCase
from .samples import ft1


class TestGuardedExport(HisCase):
    def test_s13_exceptions_are_exported_without_formulas(self):
        self._process(
            *(
                self._dft(ft1(code, number=f"L{n}"), control_id=f"={n}")
                for n, code in enumerate(("@SUM(A1)", "=1+1", "+1", "-1", "PLAIN"))
            )
        )
        domain = [("channel_id", "=", self.channel.id)]
        for model in ("med.his.message", "med.his.cause"):
            found = self.env[model].search(domain)
            rows = found.export_data(["cause_code", "channel_id/code"])["datas"]
            codes = {row[0] for row in rows}
            with self.subTest(model):
                self.assertEqual(codes, {"'@SUM(A1)", "'=1+1", "'+1", "'-1", "PLAIN"})
        ids = self.env["med.his.message"].search(domain).export_data(["control_id"])
        self.assertTrue(all(row[0].startswith("'=") for row in ids["datas"]))


class TestTrailOfEdits(HisCase):
    """S9: whatever decides what is read, and against what it is reconciled."""

    def _trail(self, event="map"):
        found = self.env["med.his.event"].search(
            [("event", "=", event), ("channel_id", "=", self.channel.id)], order="id"
        )
        self.assertEqual(found.user_id, self.operator)
        return found.mapped("detail")

    def test_s09_columns_are_on_the_trail(self):
        Column = self.env["med.his.column"].with_user(self.operator)
        column = Column.create(
            {"channel_id": self.channel.id, "field": "lot", "name": "PH"}
        )
        column.name = "SN"
        column.unlink()
        self.assertEqual(
            self._trail(), ["+ column lot: PH", "= column lot: SN", "- column lot: SN"]
        )

    def test_s09_own_places_are_on_the_trail(self):
        channel = self.channel.with_user(self.operator)
        channel.action_view_mapping()
        self.assertFalse(self.env["med.his.event"].search([("event", "=", "map")]))
        row = channel.mapping_ids.filtered(
            lambda each: (each.family, each.piece) == ("dft", "lot")
        )
        row.places = "ZPA-5"
        row.action_usual()
        self.assertEqual(self._trail(), ["= dft lot: ZPA-5", "= dft lot: usual"])

    def test_s09_control_totals_are_on_the_trail(self):
        Total = self.env["med.his.control.total"].with_user(self.operator)
        total = Total.create(
            {"channel_id": self.channel.id, "day": "2026-01-05", "messages": 3}
        )
        total.messages = 4
        total.unlink()
        first, *others = self._trail("total")
        self.assertEqual(first, "+ 2026-01-05: 3 messages, 0 lines, 0")
        self.assertEqual(len(others), 2)


class TestPurgedAndRefused(HisCase):
    def _of_age(self, days, *contents):
        messages = self._process(*contents)
        then = fields.Datetime.now() - timedelta(days=days)
        messages.sudo().write({"received_at": then})
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("med_his_connector.ir_cron_purge").method_direct_trigger()
        self.env.invalidate_all()
        return messages

    def _refused(self, name=""):
        own = {"visit": f"PV1||I|T-ICU|{'|' * 15}V{name}"}
        return (
            self._dft(ft1("T-GLOVE", "x", number="1"), control_id=f"D{name}", **own),
            self._dft(ft1(number="2"), control_id=f"Q{name}").replace(b"MSH", b"M"),
            self._dft(ft1("NEW", number=f"3{name}"), control_id=f"E{name}", **own),
        )

    def test_s07_what_nobody_mended_is_not_kept_for_ever(self):
        messages = self._of_age(179, *self._refused())
        self.assertTrue(all(message._content() for message in messages))
        dead, quarantined, exception = self._of_age(181, *self._refused("LATER"))
        self.assertEqual((dead.state, quarantined.state), ("dead", "quarantined"))
        self.assertFalse(dead._content() or quarantined._content())
        self.assertTrue(exception._content())
        events = self.env["med.his.event"].search([("event", "=", "purge")])
        self.assertIn("dead letters", events[0].detail)

    def test_what_is_purged_is_not_tried_again(self):
        (message,) = self._of_age(31, self._dft(ft1("T-GLOVE")))
        own = message.with_user(self.operator)
        message.sudo().state = "ignored"
        with self.assertRaises(UserError):
            own.action_retry()
        self.assertEqual(message.state, "ignored")
        (new,) = self._receive(self._dft(ft1("NEW"), control_id="C2"))
        new._process()
        (own | new.with_user(self.operator)).action_retry()
        self.assertEqual(message.state, "ignored")
        # Whatever brings it back: it is no exception that a person here could mend.
        message.sudo().write({"state": "received"})
        message._process()
        self.assertEqual((message.state, message.error_code), ("dead", "purged"))


class TestOtherCompany(HisCase):
    """Codes and gateways of another hospital are none of ours."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "Other hospital"})

    def _theirs(self, name, **values):
        return self._product(name, company_id=self.other.id, **values)

    def _cause(self, code):
        (message,) = self._process(
            self._dft(ft1(code, number=code), control_id=f"C-{code}")
        )
        return message.state, message.error_code

    def test_r16_each_unusable_code_has_its_cause_by_company(self):
        self._product("Old", med_charge_code="OLD", active=False)
        self._theirs("Their old", med_charge_code="THEIR-OLD", active=False)
        for name, company in (("KIT", self.env.company), ("THEIR-KIT", self.other)):
            self.env["med.pack.template"].create(
                {
                    "name": name,
                    "company_id": company.id,
                }
            )
        causes = {
            "OLD": "inactive_item",
            "THEIR-OLD": "unknown_item",
            "KIT": "kit_item",
            "THEIR-KIT": "unknown_item",
            "NOBODY": "unknown_item",
        }
        for code, cause in causes.items():
            with self.subTest(code):
                self.assertEqual(self._cause(code), ("exception", cause))

    def test_v05_a_label_of_another_company_is_not_matched(self):
        for number, product in (
            ("06901234567892", self._theirs("Theirs")),
            ("06901234567908", self.gloves),
        ):
            self.env["med.udi"].create({"di": number, "product_id": product.id})
        self.assertEqual(self._cause("06901234567892")[1], "unknown_item")
        self.assertEqual(self._cause("06901234567908")[0], "processed")

    def test_r16_causes_are_looked_up_once_a_batch(self):
        contents = [
            self._dft(ft1(f"N{n}", number=f"L{n}"), control_id=f"C{n}")
            for n in range(20)
        ]
        messages = self._receive(*contents)
        Code = type(self.env["med.his.code"])
        native, calls = Code._item_problems, []

        def problems(this, channel, codes, items):
            calls.append(len(codes))
            return native(this, channel, codes, items)

        self.patch(Code, "_item_problems", problems)
        messages._process()
        self.assertEqual(set(messages.mapped("error_code")), {"unknown_item"})
        self.assertLessEqual(len(calls), 1)

    def test_s11_gateways_are_seen_by_the_company_of_their_channel(self):
        theirs = self._channel("THEIRS", company_id=self.other.id)
        state = {
            "since": 0,
            "channels": [
                {"code": each.code, "listening": True, "connections": 0}
                for each in (self.channel, theirs)
            ],
        }
        self.env["med.his.node"]._beat("machine", state)
        self.env.invalidate_all()
        auditor = new_test_user(
            self.env, "his_node_auditor", groups="med_consumables.group_auditor"
        )
        for user in (self.operator, auditor):
            seen = self.env["med.his.node"].with_user(user).search([])
            self.assertEqual(seen.channel_id, self.channel)
