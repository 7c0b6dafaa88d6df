from odoo.tests import BaseCase

from ..core.batch import split_batch
from . import samples
from .common import HisCase
from .samples import ft1

FHS = b"FHS|^~\\&|HIS|HOSP|ODOO|STORE|20260105||||F1"
BHS = b"BHS|^~\\&|HIS|HOSP|ODOO|STORE|20260105||||B1"


def batch(*messages, count=None, files=1):
    said = len(messages) if count is None else count
    lines = [FHS, BHS, *(each.rstrip(b"\r") for each in messages)]
    return b"\r".join((*lines, b"BTS|%d" % said, b"FTS|%d" % files, b""))


class TestSplit(BaseCase):
    def test_r23_several_batches_keep_their_messages(self):
        raw = b"\r".join((FHS, BHS, b"MSH|1", b"PID|1", b"MSH|2", b"BTS|2"))
        raw += b"\n" + b"\r\n".join((BHS, b"MSH|3", b"BTS|1", b"FTS|2"))
        file = split_batch(raw)
        self.assertEqual(
            [batch.messages for batch in file.batches],
            [[b"MSH|1\rPID|1\r", b"MSH|2\r"], [b"MSH|3\r"]],
        )
        self.assertEqual((file.control_id, file.problems()), ("F1", []))

    def test_r23_counts_that_do_not_add_up_are_named(self):
        file = split_batch(b"\r".join((FHS, BHS, b"MSH|1", b"BTS|2", b"FTS|3")))
        self.assertEqual(
            file.problems(),
            ["BTS[1]-1 says 2, there are 1", "FTS[1]-1 says 3, there are 1"],
        )

    def test_r23_a_batch_that_is_cut_off_is_named(self):
        file = split_batch(b"\r".join((BHS, b"MSH|1")))
        self.assertEqual(file.problems(), ["BTS[1] is missing"])

    def test_r23_what_has_no_place_is_not_lost(self):
        file = split_batch(b"\r".join((BHS, b"PID|1", b"MSH|1", b"BTS|1", b"MSH|2")))
        self.assertEqual(file.messages, [b"PID|1\r", b"MSH|1\r", b"MSH|2\r"])


class TestBatches(HisCase):
    def _charges(self, *items):
        return [
            self._dft(ft1(item, number=f"N{n}"), control_id=f"M{n}")
            for n, item in enumerate(items, start=1)
        ]

    def _rows(self):
        domain = [("channel_id", "=", self.channel.id)]
        return self.env["med.his.message"].search(domain, order="id")

    def test_r07_a_message_is_the_same_alone_and_in_a_batch(self):
        """Spaces at the end of a line may be data, and are never taken away."""
        (charge,) = self._charges("T-GLOVE")
        for number, alone in enumerate(
            (
                charge.replace(b"\r", b"  \r"),
                charge.replace(b"|M1|", b"|M2|").replace(b"\r", b"\r\n"),
            )
        ):
            self._answers(alone)
            (answer,) = self._answers(batch(alone.rstrip(b"\r\n")))
            self.assertIn(b"MSA|AA", answer, number)
            self.assertFalse(self._rows().filtered(lambda row: row.error_code))

    def test_r23_each_message_is_accepted_by_itself(self):
        good, other = self._charges("T-GLOVE", "T-STENT")
        bad = good.replace(b"DFT^P03", b"").replace(b"|M1|", b"|BAD|")
        (answer,) = self._answers(batch(good, bad, other))
        self.assertEqual(
            [line for line in answer.split(b"\r") if line[:3] == b"MSA"],
            [b"MSA|AA|M1", b"MSA|AE|BAD", b"MSA|AA|M2"],
        )
        whole, *rows = self._rows()
        self.assertEqual((whole.message_type, whole.state), ("FHS", "processed"))
        self.assertEqual(
            [row.state for row in rows], ["received", "exception"] + ["received"]
        )
        self.assertEqual(set(whole.batch_message_ids), set(rows))
        # A batch has messages and no lines: the day's reconciliation counts lines.
        self.assertEqual((whole.batch_size, whole.line_count), (3, 0))

    def test_r23_the_response_is_a_batch_with_counts(self):
        (answer,) = self._answers(batch(*self._charges("T-GLOVE", "T-STENT")))
        lines = answer.split(b"\r")
        self.assertTrue(lines[0].startswith(b"FHS|^~\\&|ODOO|STORE|HIS|HOSP|"))
        self.assertTrue(lines[0].endswith(b"|F1"))
        self.assertTrue(lines[1].endswith(b"|B1"))
        self.assertEqual(lines[-3:], [b"BTS|2", b"FTS|1", b""])

    def test_r23_a_batch_sent_again_gets_the_same_answer_and_adds_nothing(self):
        raw = batch(*self._charges("T-GLOVE", "T-STENT"))
        (first,) = self._answers(raw)
        before = len(self._rows())
        self.assertEqual(self._answers(raw), [first])
        self.assertEqual(len(self._rows()), before)

    def test_r07_a_batch_twice_in_one_commit_gets_its_answer_twice(self):
        raw = batch(*self._charges("T-GLOVE", "T-STENT"))
        first, second = self._answers(raw, raw)
        self.assertIn(b"BTS|2", first)
        self.assertEqual(second, first)
        self.assertEqual(len(self._rows()), 3)

    def test_r07_a_batch_that_differs_only_in_its_last_line_ends_is_the_same(self):
        raw = batch(*self._charges("T-GLOVE", "T-STENT"))
        (first,) = self._answers(raw)
        for ending in (b"", b"\r\n", b"\n\r\r"):
            self.assertEqual(self._answers(raw.rstrip(b"\r") + ending), [first])

    def test_r07_a_refused_batch_is_answered_the_same_again(self):
        self.channel.batch_policy = "whole"
        good, bad = self._charges("T-GLOVE", "T-STENT")
        raw = batch(good, bad.replace(b"DFT^P03", b""))
        (first,) = self._answers(raw)
        self.assertEqual(self._answers(raw, raw), [first, first])

    def test_r07_the_answer_to_a_batch_outlives_its_content(self):
        raw = batch(*self._charges("T-GLOVE", "T-STENT"))
        (first,) = self._answers(raw)
        rows = self._rows()
        rows._process()
        rows.received_at = "2020-01-01"
        rows.flush_recordset()
        self.env["med.his.message"]._purge(self.channel)
        self.assertEqual(self._answers(raw), [first])

    def test_r23_a_channel_that_answers_late_answers_each_message_of_a_batch(self):
        self.channel.answer_when = "processed"
        raw = batch(*self._charges("T-GLOVE", "T-STENT"))
        (answer,) = self._answers(raw)
        codes = [s[:10] for s in answer.split(b"\r") if s.startswith(b"MSA")]
        self.assertEqual(codes, [b"MSA|AA|M1", b"MSA|AA|M2"])
        self.assertEqual(self._answers(raw), [answer])

    def test_r23_a_message_known_from_elsewhere_gets_its_own_answer(self):
        (charge,) = self._charges("T-GLOVE")
        (known,) = self._answers(charge)
        (answer,) = self._answers(batch(charge))
        self.assertIn(known.rstrip(b"\r"), answer)
        self.assertEqual(len(self._rows()), 2)

    def test_r20_counts_that_do_not_add_up_are_an_exception(self):
        (answer,) = self._answers(batch(*self._charges("T-GLOVE"), count=5))
        whole = self._rows()[0]
        self.assertEqual((whole.state, whole.error_code), ("exception", "batch_count"))
        self.assertIn(b"BTS|1|BTS[1]-1 says 5, there are 1\r", answer)
        whole.with_user(self.operator).action_retry()
        self.assertEqual(whole.state, "processed")

    def test_r23_all_or_nothing_where_the_channel_says_so(self):
        self.channel.batch_policy = "whole"
        good, bad = self._charges("T-GLOVE", "T-STENT")
        raw = batch(good, bad.replace(b"DFT^P03", b""))
        (answer,) = self._answers(raw)
        self.assertEqual(answer.count(b"\rMSA|AE|"), 2)
        whole = self._rows()
        self.assertEqual(
            (whole.state, whole.error_code), ("quarantined", "batch_refused")
        )
        self.assertEqual(whole._content(), raw)

    def test_r23_only_errors_where_the_channel_says_so(self):
        self.channel.batch_answers = "errors"
        good, bad = self._charges("T-GLOVE", "T-STENT")
        (answer,) = self._answers(batch(good, bad.replace(b"DFT^P03", b"")))
        self.assertEqual(answer.count(b"\rMSA|"), 1)
        self.assertIn(b"\rBTS|1\r", answer)

    def test_r23_the_published_batches_are_taken(self):
        for name in ("cosyte_batch_count-mismatch.hl7", "pyhl7_sample_bad_batch1.hl7"):
            (answer,) = self._answers(samples.sample(name))
            self.assertIn(b"BTS|", answer, name)
