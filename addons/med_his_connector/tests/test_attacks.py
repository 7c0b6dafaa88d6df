"""What one role tries to get at what is not its own, through calls it may make."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user

from .certificates import Authority
from .common import HisCase
from .database_doors import GreedyMaria
from .samples import ft1


class TestOperatorAttacks(HisCase):
    def _mapping(self, piece, places):
        return (
            self.env["med.his.mapping"]
            .with_user(self.operator)
            .create(
                {
                    "channel_id": self.channel.id,
                    "family": "dft",
                    "piece": piece,
                    "places": places,
                }
            )
        )

    def test_an_operator_cannot_read_names_as_something_else(self):
        people = ("PID-5", "NK1-2", "DG1-3", "PV1-19", "NTE-3", "FT1-19", "PID[1=1]-11")
        for place in people:
            for piece in ("lot", "item", "udi", "uom", "location"):
                with self.subTest(place=place, piece=piece):
                    with self.assertRaises(ValidationError) as refused:
                        self._mapping(piece, f"ZPA-1 {place}")
                    self.assertIn("about the patient", str(refused.exception))
        row = self._mapping("lot", "ZPA-1")
        with self.assertRaises(ValidationError):
            row.places = "PID-5"

    def test_what_names_a_visit_may_stand_with_the_patient(self):
        self._mapping("visit", "PID-18 PV1-19")
        self._mapping("record", "PID-2")
        (message,) = self._process(self._dft(ft1("T-GLOVE")))
        self.assertEqual(message.state, "processed")

    def test_an_operator_uncovers_no_patient_by_a_mapping(self):
        (message,) = self._receive(self._dft(ft1("T-GLOVE"), "ZPA|L1"))
        self._mapping("lot", "ZPA-1")
        # As if it had been written before such places were refused.
        row = self._mapping("serial", "ZPA-2")
        self.env.cr.execute(
            "UPDATE med_his_mapping SET places = 'PID-5 PID-7' WHERE id = %s", [row.id]
        )
        row.invalidate_recordset()
        reading = (
            self.env["med.his.reading"]
            .with_user(self.operator)
            .create({"message_id": message.id, "reason": "to see"})
        )
        self.assertIn("L1", reading.content)
        self.assertNotIn("TESTNAME", reading.content)
        self.assertNotIn("19700101", reading.content)

    def test_an_operator_cannot_read_a_column_about_people(self):
        for name in ("patient_name", "PatName", "患者姓名", "ID_CARD", "诊断"):
            with self.subTest(name), self.assertRaises(ValidationError):
                self.env["med.his.column"].with_user(self.operator).create(
                    {"channel_id": self.channel.id, "field": "lot", "name": name}
                )

    # ---- Keys ------------------------------------------------------------------------

    def test_an_operator_does_not_bring_back_a_key(self):
        door = self._channel("DOOR", transport="feed")
        other = self._channel("OTHER", transport="feed")
        text = self.env["med.his.key"].with_user(self.operator)._issue(door, "HIS")
        key = self.env["med.his.key"].search([("channel_id", "=", door.id)])
        mine = key.with_user(self.operator)
        mine.action_revoke()
        for values in (
            {"revoked_at": False},
            {"expires_at": False},
            {"expires_at": "2099-01-01 00:00:00"},
            {"channel_id": other.id},
            {"public_name": "0" * 12},
            {"last_used_at": False},
        ):
            with self.subTest(values), self.assertRaises(AccessError):
                mine.write({"name": "HIS", **values})
        self.assertEqual(self.env["med.his.key"]._open(text, "feed"), (None, "login"))
        mine.name = "Old HIS"  # what it is called may be put right
        event = self.env["med.his.event"].search([], order="id desc", limit=1)
        self.assertEqual((event.event, event.channel_id), ("channel", door))
        self.assertIn(key.public_name, event.detail)

    # ---- What another system said ----------------------------------------------------

    def _said(self):
        return self.env["med.his.remaining"].create(
            {
                "channel_id": self.channel.id,
                "company_id": self.company.id,
                "kind": "count",
                "event_time": "2026-01-05 01:00:00",
                "product_id": self.gloves.id,
                "reported_qty": 5,
                "book_qty": 9,
            }
        )

    def test_what_another_system_said_is_not_written_over(self):
        said = self._said()
        item = self.env["med.his.item"].create(
            {"channel_id": self.channel.id, "code": "X1", "name": "Theirs"}
        )
        keeper, owner = (
            new_test_user(self.env, role, groups=f"med_consumables.group_{role}")
            for role in ("storekeeper", "data_owner")
        )
        for user, record, values in (
            (keeper, said, {"book_qty": 5}),
            (keeper, said, {"reported_qty": 9}),
            (self.operator, said, {"state": "settled"}),
            (self.operator, said, {"settled_by_id": keeper.id}),
            (owner, item, {"name": "Other"}),
            (owner, item, {"product_id": self.gloves.id}),
            (self.operator, item, {"state": "left_out"}),
        ):
            with self.subTest(values), self.assertRaises(AccessError):
                record.with_user(user).write(values)
        mine = said.with_user(keeper)
        mine.reason = "counted"
        mine.action_settle()
        self.assertEqual((said.state, said.settled_by_id), ("settled", keeper))
        mine.action_reopen()
        self.assertEqual((said.state, said.settled_by_id.id), ("open", False))
        theirs = item.with_user(owner)
        theirs.action_leave_out()
        theirs.action_take_up()
        theirs.link_product_id = self.gloves
        theirs.action_link()
        self.assertEqual((item.product_id, item.state), (self.gloves, "known"))

    # ---- What is not of interfaces ---------------------------------------------------

    def test_an_operator_reads_no_allocation_or_case_of_others(self):
        self.env["stock.quant"]._update_available_quantity(
            self.gloves, self.icu.stock_location_id, 10
        )
        self._process(self._dft(ft1("T-GLOVE")))
        by_hand = self.env["med.consumption"]._record(
            [
                {
                    "department_id": self.icu.id,
                    "product_id": self.gloves.id,
                    "quantity": 1,
                    "kind": "use",
                    "event_time": "2026-01-05 01:00:00",
                    "source": "manual",
                    "external_key": "1",
                }
            ]
        )
        (by_hand | self._lines())._post_pending()
        procedure = self.env["med.procedure"].create({"name": "Stent", "code": "T-P"})
        case = self.env["med.case"].create(
            {
                "procedure_id": procedure.id,
                "department_id": self.icu.id,
                "start": "2031-01-01 08:00:00",
            }
        )
        mine = self.env(user=self.operator)
        self.assertTrue(by_hand.allocation_ids)
        found = mine["med.consumption.allocation"].search([])
        self.assertFalse(found & by_hand.allocation_ids)
        self.assertTrue(self._lines().allocation_ids <= found)
        self.assertFalse(mine["med.case"].search([("id", "=", case.id)]))
        with self.assertRaises(AccessError):
            case.with_user(self.operator).read(["room"])

    def test_every_role_that_reads_a_model_has_a_rule_where_others_have(self):
        """Rules of groups bind nobody else: who is in none of them reads everything."""
        loose = []
        for model in self.env["ir.model"].search([("model", "=like", "med.%")]):
            ruled = model.rule_ids.filtered(lambda r: r.active and r.perm_read).groups
            for access in model.access_ids.filtered("perm_read") if ruled else ():
                role = access.group_id
                if not role.all_implied_ids & ruled:
                    loose.append(f"{model.model}: {role.full_name}")
        self.assertEqual(loose, [])

    # ---- Secrets of other systems ----------------------------------------------------

    def _polled(self, **values):
        return self._channel(
            "POLLED",
            transport="view",
            db_kind="postgresql",
            db_host="his.hospital",
            db_name="his",
            db_user="reader",
            db_password="reader-secret",
            view_name="v_charges",
            **values,
        ).with_user(self.operator)

    def test_an_operator_cannot_send_a_password_to_a_server_of_their_own(self):
        door = GreedyMaria()
        self.addCleanup(door.close)
        channel = self._polled()
        channel.write(
            {
                "db_kind": "mariadb",
                "db_host": "127.0.0.1",
                "db_port": door.port,
                "db_plaintext": True,
            }
        )
        with self.assertRaises(UserError):
            channel.action_try_view()
        self.assertIn(b"reader", door.heard)  # it was there, and got nothing else
        self.assertNotIn(b"secret", door.heard)
        self.assertFalse(channel.db_has_password)
        self.assertIn("forgotten", channel.message_ids[0].body)

    def test_a_password_is_kept_while_it_goes_the_same_way(self):
        channel = self._polled()
        channel.write({"name": "Other", "db_host": "his.hospital", "batch_rows": 5})
        self.assertEqual(channel._db_password(), "reader-secret")
        channel.write({"db_host": "10.1.2.3", "db_password": "another"})
        self.assertEqual(channel._db_password(), "another")

    def test_a_password_that_was_moved_past_the_record_does_not_open(self):
        channel = self._polled()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE med_his_channel SET db_host = '10.6.6.6' WHERE id = %s",
            [channel.id],
        )
        channel.invalidate_recordset()
        with self.assertRaisesRegex(UserError, "Enter it again"):
            channel._db_password()

    def test_an_operator_cannot_send_their_key_to_an_address_of_their_own(self):
        moves = (
            {"out_url": "https://10.6.6.6/fhir"},
            {"out_tls": False, "out_url": "http://10.6.6.6/fhir"},
            {"out_authority": Authority().pem},
        )
        for number, values in enumerate(moves):
            with self.subTest(values):
                channel = self._channel(
                    f"OUT{number}",
                    transport="out_fhir",
                    out_url="https://his/fhir",
                    out_key="their-key",
                ).with_user(self.operator)
                self.assertEqual(channel._out_key(), "their-key")
                channel.write(values)
                self.assertEqual(channel._out_key(), "")
