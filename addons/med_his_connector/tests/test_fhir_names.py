from .fhir_case import BASE, FhirCase

OLD, NEW = ({"system": "urn:his", "value": each} for each in ("A", "B"))


class TestFhirNames(FhirCase):
    """One resource under several identifiers: they have no order, and may grow."""

    def _named(self, *names, **changes):
        return self._charge(identifier=list(names), **changes)

    def _uses(self):
        self._process_all()
        return sum(self._door_lines().mapped("quantity"))

    def test_f02_r09_one_more_identifier_is_no_second_use(self):
        first = self._post(self._named(OLD))
        for names in ((NEW, OLD), (OLD, NEW), (NEW,)):
            again = self._post(self._named(*names))
            self.assertEqual(again.status_code, 200, again.text)
            self.assertEqual(again.headers["Location"], first.headers["Location"])
        self.assertEqual(self._uses(), 2)

    def test_r08_any_identifier_with_another_content_is_a_conflict(self):
        self._post(self._named(OLD))
        changed = self._named(NEW, OLD, quantity={"value": 3})
        self.assertEqual(self._issue(self._post(changed), 409)["code"], "conflict")
        # Nothing of what was refused is known by its other identifier.
        self.assertEqual(self._post(self._named(NEW)).status_code, 201)
        self.assertEqual(self._uses(), 4)

    def test_f03_one_identifier_twice_in_a_bundle_is_refused_wherever_it_stands(self):
        two = self._bundle("transaction", self._named(OLD), self._named(NEW, OLD))
        self._issue(self._send(BASE, two), 422)
        self.assertEqual(self._uses(), 0)

    def test_r12_what_was_an_error_is_taken_back_under_any_of_its_identifiers(self):
        for before, after in (((OLD,), (NEW, OLD)), ((OLD, NEW), (NEW,))):
            with self.subTest(before=len(before)):
                names = [
                    [dict(n, system=f"urn:{len(before)}") for n in part]
                    for part in (before, after)
                ]
                self._post(self._named(*names[0]))
                wrong = self._named(*names[1], status="entered-in-error")
                self.assertEqual(self._post(wrong).status_code, 201)
                self._process_all()
        kinds = self._door_lines().mapped("kind")
        self.assertEqual(sorted(kinds), ["return", "return", "use", "use"])

    def test_what_was_stored_with_identifiers_in_its_hash_is_known_again(self):
        self._post(self._named(OLD))
        row = self.env["med.his.resource"].search([])
        row.sha256 = row.message_id.sha256  # as it was kept before
        self.env.flush_all()
        self.assertEqual(self._post(self._named(OLD)).status_code, 200)

    def test_f05_respond_async_after_a_resend_names_what_became_of_it(self):
        bundle = self._bundle("batch", self._charge("1"), self._charge("2"))
        first = self._send(BASE, bundle, Prefer="respond-async")
        again = self._send(BASE, bundle, Prefer="respond-async")
        self.assertEqual((first.status_code, again.status_code), (202, 202))
        more = self._bundle("batch", self._charge("1"), self._charge("3"))
        mixed = self._send(BASE, more, Prefer="respond-async")
        one = self._post(self._charge("1"), Prefer="respond-async")
        self._process_all()
        for answer, count in ((first, 2), (again, 2), (mixed, 3), (one, 2)):
            path = BASE + answer.headers["Content-Location"].partition(BASE)[2]
            status = self._send(path, method="GET")
            self.assertEqual(status.status_code, 200, status.text)
            self.assertEqual(len(status.json()["entry"]), count)

    def test_f05_where_all_was_refused_the_answer_says_so_at_once(self):
        bundle = self._bundle("batch", self._charge("1", status="bogus"))
        answer = self._send(BASE, bundle, Prefer="respond-async")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.json()["entry"][0]["response"]["status"], "422")
