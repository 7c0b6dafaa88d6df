import re
from pathlib import Path

from .common import HisCase
from .samples import ft1


class TestExceptions(HisCase):
    """What waits for a person, why, and how it goes on."""

    def test_each_cause_has_its_code(self):
        twin = "T-TWIN"
        self._product("One", med_charge_code=twin)
        self._product("Two", med_charge_code=twin)
        cases = {
            "ambiguous_item": ft1(twin),
            "unknown_department": ft1("T-GLOVE", f13="NOWHERE"),
            "department_missing": ft1("T-GLOVE", f13='""'),
            "bad_quantity": ft1("T-GLOVE", "1,5"),
            "quantity_missing": ft1("T-GLOVE", ""),
            "quantity_limit": ft1("T-GLOVE", "10001"),
            "quantity_precision": ft1("T-GLOVE", "0.001"),
            "sign": ft1("T-GLOVE", "-1", kind="CD"),
            "charge_type": ft1("T-GLOVE", kind="XX"),
            "time": ft1("T-GLOVE", when="soon"),
            "time_future": ft1("T-GLOVE", when="20990101"),
            "item_missing": ft1(""),
        }
        messages = self._process(
            *(
                self._dft(
                    line.replace("|T1|", f"|{code}|"),
                    control_id=code,
                    visit=f"PV1||I|T-ICU{'|' * 16}{code}",
                )
                for code, line in cases.items()
            )
        )
        self.assertEqual(
            {message.control_id: message.error_code for message in messages},
            {code: code for code in cases},
        )
        self.assertFalse(self._lines())

    def test_a_unit_of_another_kind_is_an_exception(self):
        (message,) = self._process(self._ras("ORC|NW|1", "RXO|T-GLOVE|2||mg"))
        self.assertEqual(
            (message.error_code, message.cause_code), ("unknown_unit", "mg")
        )

    def test_a_known_type_that_is_not_used_is_ignored(self):
        (message,) = self._process(self._dft(type="ORM^O01"))
        self.assertEqual((message.state, message.error_code), ("ignored", "not_ours"))

    def test_a_message_of_payments_moves_nothing(self):
        (message,) = self._process(self._dft(ft1("T-GLOVE", kind="PY")))
        self.assertEqual((message.state, message.error_code), ("ignored", "no_effect"))

    def test_r06_a_test_message_is_never_posted_on_a_production_channel(self):
        (message,) = self._process(self._dft(ft1("T-GLOVE"), processing="T"))
        self.assertEqual(
            (message.state, message.error_code), ("ignored", "test_message")
        )
        self.channel.test_mode = True
        message.with_user(self.operator).action_retry()
        self.assertEqual(message.state, "processed")

    def test_every_error_of_the_core_can_be_shown(self):
        folder = Path(__file__).parents[1]
        shown = dict(self.env["med.his.message"]._fields["error_code"].selection)
        raised = set()
        for file in (*folder.glob("core/*.py"), *folder.glob("models/*.py")):
            raised |= set(
                re.findall(
                    r"""(?:Hl7Error|\.error|waits|ignored)\(\s*"(\w+)\"""",
                    file.read_text(),
                )
            )
        self.assertGreater(len(raised), 25)
        self.assertFalse(raised - shown.keys())

    # Mending

    def test_mapping_a_code_lets_every_message_that_waited_for_it_go_on(self):
        messages = self._process(
            *(
                self._dft(
                    ft1("NEW", number=str(n)),
                    control_id=str(n),
                    visit=f"PV1||I|T-ICU{'|' * 16}VISIT-{n}",
                )
                for n in range(3)
            ),
            self._dft(ft1("ELSE", number="9"), control_id="9"),
        )
        wizard = messages[0].action_map_code()
        code = (
            self.env["med.his.code"]
            .with_user(self.operator)
            .with_context(**wizard["context"])
            .create({"product_id": self.gloves.id})
        )
        self.assertEqual(set(messages.mapped("state")), {"exception"})
        code.action_retry_waiting()
        self.assertEqual(messages.mapped("state"), ["received"] * 3 + ["exception"])
        messages._process()
        self.assertEqual(messages.mapped("state"), ["processed"] * 3 + ["exception"])

    def test_retry_works_for_an_operator_without_rights_on_the_ledger(self):
        (message,) = self._process(self._dft(ft1("LATER")))
        self.gloves.med_charge_code = "LATER"
        message.with_user(self.operator).action_retry()
        self.assertEqual((message.state, message.attempts), ("processed", 1))
        self.assertEqual(self._lines().product_id, self.gloves)

    def test_a_message_put_aside_for_its_id_can_be_processed_after_all(self):
        messages = self._process(
            self._dft(ft1("T-GLOVE", number="1")),
            self._dft(ft1("T-STENT", number="2")),
        )
        self.assertEqual(messages[1].state, "quarantined")
        messages[1].with_user(self.operator).action_release()
        self.assertEqual(messages[1].state, "processed")
        self.assertEqual(len(self._lines()), 2)
