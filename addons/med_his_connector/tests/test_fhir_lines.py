from .fhir_case import BASE, FhirCase


class TestFhirLines(FhirCase):
    """What becomes of charges and procedures, and what is kept of them."""

    def test_a_charge_becomes_a_line_and_an_error_takes_it_back(self):
        self._post(self._charge("1"))
        self._process_all()
        use = self._door_lines()
        self.assertEqual(
            (use.product_id, use.department_id, use.quantity, use.kind),
            (self.gloves, self.icu, 2.0, "use"),
        )
        self.assertEqual(use.event_time, self._utc("2026-01-05 02:15"))
        self.assertEqual(
            self._post(self._charge("1", status="entered-in-error")).status_code, 201
        )
        self._process_all()
        back = self._door_lines() - use
        self.assertEqual((back.kind, back.reversal_of_id), ("return", use))

    def test_a_charge_that_was_planned_is_billed_later(self):
        planned = self._post(self._charge("1", status="planned"))
        self._process_all()
        self.assertFalse(self._door_lines())
        again = self._post(self._charge("1", status="planned"))
        billed = self._post(self._charge("1"), If_None_Exist="identifier=urn:his|1")
        answers = planned, again, billed
        self.assertEqual([each.status_code for each in answers], [201, 200, 201])
        self.assertEqual(len({each.headers["Location"] for each in answers}), 1)
        path = BASE + billed.headers["Location"].partition(BASE)[2]
        seen = self._send(path, method="GET").json()
        self.assertEqual(seen["status"], "billable")
        self._process_all()
        self.assertEqual(self._door_lines().quantity, 2.0)
        self.assertFalse(self._messages(state="quarantined"))
        changed = self._post(self._charge("1", quantity={"value": 3}))
        self.assertEqual(changed.status_code, 409)

    def test_what_was_planned_in_a_transaction_is_billed_later(self):
        planned = self._bundle("transaction", self._charge("1", status="planned"))
        self.assertEqual(self._send(BASE, planned).status_code, 200)
        billed = self._bundle("transaction", self._charge("1"))
        self.assertEqual(self._send(BASE, billed).status_code, 200)
        self._process_all()
        self.assertEqual(len(self._door_lines()), 1)

    def test_a_procedure_in_progress_is_completed_later(self):
        procedure = {
            "resourceType": "Procedure",
            "identifier": [{"value": "OP-1"}],
            "status": "in-progress",
            "performedDateTime": "2026-01-05T08:00:00+08:00",
            "location": {"identifier": {"value": "T-CATH"}},
        }
        self.assertEqual(self._post(procedure).status_code, 201)
        used = [{"coding": [{"code": "T-GLOVE"}]}]
        procedure |= {"status": "completed", "usedCode": used}
        self.assertEqual(self._post(procedure).status_code, 201)
        self._process_all()
        self.assertEqual(self._door_lines().product_id, self.gloves)

    def test_a_charge_that_was_only_planned_is_given_up_without_a_trace(self):
        self._post(self._charge("1", status="planned"))
        answer = self._post(self._charge("1", status="aborted"))
        self.assertEqual(answer.status_code, 201)
        self._process_all()
        self.assertEqual(set(self._messages().mapped("state")), {"ignored"})
        self.assertFalse(self._door_lines())

    def test_what_was_only_planned_is_given_up_in_a_transaction_as_well(self):
        self._post(self._charge("1", status="planned"))
        given_up = self._charge("1", status="aborted")
        self._send(BASE, self._bundle("transaction", given_up, self._charge("2")))
        self._process_all()
        [use] = self._door_lines()
        self.assertEqual((use.kind, use.quantity), ("use", 2.0))

    def test_a_procedure_uses_each_of_its_devices(self):
        procedure = {
            "resourceType": "Procedure",
            "identifier": [{"value": "OP-1"}],
            "status": "completed",
            "performedPeriod": {"start": "2026-01-05T08:00:00+08:00"},
            "location": {"identifier": {"value": "T-CATH"}},
            "contained": [
                {
                    "resourceType": "Device",
                    "id": "d1",
                    "type": {"coding": [{"code": "T-STENT"}]},
                    "udiCarrier": [{"carrierHRF": "(01)06901234567892(10)LOT-9(21)S9"}],
                }
            ],
            "focalDevice": [{"manipulated": {"reference": "#d1"}}],
            "usedReference": [{"reference": "#d1"}],
            "usedCode": [{"coding": [{"code": "T-GLOVE"}]}],
        }
        self.assertEqual(self._post(procedure).status_code, 201)
        self._process_all()
        stent, glove = self._door_lines()
        self.assertEqual(
            (stent.product_id, stent.lot_name, stent.serial),
            (self.stent, "LOT-9", "S9"),
        )
        self.assertEqual((glove.product_id, glove.quantity), (self.gloves, 1.0))

    def test_v05_a_udi_that_disagrees_with_its_fields_is_refused(self):
        device = {
            "resourceType": "Device",
            "id": "d1",
            "lotNumber": "LOT-1",
            "udiCarrier": [{"carrierHRF": "(01)06901234567892(10)LOT-9"}],
        }
        charge = self._charge(
            "1", contained=[device], productReference={"reference": "#d1"}
        )
        issue = self._issue(self._post(charge), 422)
        self.assertEqual(issue["code"], "business-rule")

    def test_r07_the_same_resource_again_is_found_and_counted_once(self):
        answers = [self._post(self._charge("1")) for _ in range(3)]
        self.assertEqual([each.status_code for each in answers], [201, 200, 200])
        self.assertEqual(len({each.headers["Location"] for each in answers}), 1)
        without = self._charge(identifier=None)
        answers = [self._post(without) for _ in range(2)]
        self.assertEqual([each.status_code for each in answers], [201, 200])
        self._process_all()
        self.assertEqual(len(self._door_lines()), 2)

    def test_s06_only_allowed_fields_are_stored_and_no_patient_in_the_clear(self):
        self._post(self._charge("1"))
        [message] = self._messages()
        content = message._content().decode()
        self.assertNotIn("TESTNAME", content)
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT t::text FROM med_his_message t UNION ALL"
            " SELECT t::text FROM med_his_resource t"
        )
        for (row,) in self.env.cr.fetchall():
            for secret in ("TESTNAME", "PATIENT-4711", "VISIT-99"):
                self.assertNotIn(secret, row)

    def test_s07_an_operator_reads_a_resource_with_its_patient_covered(self):
        self._post(self._charge("1"))
        reading = (
            self.env["med.his.reading"]
            .with_user(self.operator)
            .create({"message_id": self._messages().id, "reason": "unknown item"})
        )
        self.assertIn("code.coding[0].code: T-GLOVE", reading.content)
        for secret in ("TESTNAME", "PATIENT-4711", "VISIT-99"):
            self.assertNotIn(secret, reading.content)
