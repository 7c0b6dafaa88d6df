import base64
from dataclasses import replace
from datetime import UTC

from odoo import api, fields, models

from ..core.acknowledgement import PLAIN, Answer, answer_unreadable
from ..core.acknowledgement import answer as answer_to
from ..core.batch import answer_batch, split_batch
from ..core.errors import Hl7Error
from ..core.inbox import Labels, Verdict, content_hash
from .med_his_message_accept import own_id
from .outcome import Outcome

#: More messages in one batch would hold up whoever sends single ones.
LARGEST = 10_000


class MedHisMessageBatch(models.Model):
    """A batch is a row of its own, and each of its messages is one as any other.

    The row of the batch says whether it added up (BTS-1, FTS-1) and keeps the response
    batch, so that a batch sent again gets the same answer. Where a channel wants whole
    batches, one message that cannot be accepted refuses all of them.
    """

    _inherit = "med.his.message"

    batch_id = fields.Many2one(
        "med.his.message",
        string="Of Batch",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    batch_size = fields.Integer(
        string="Messages in Batch", readonly=True, help="Of the row of a batch."
    )
    batch_message_ids = fields.One2many("med.his.message", "batch_id", readonly=True)

    @api.model
    def _readers(self):
        return {**super()._readers(), "FHS": "_accept_counts", "BHS": "_accept_counts"}

    @api.model
    def _accept_counts(self, channel, messages, outcomes):
        """Somebody looked at a batch that did not add up, and lets it be."""
        for message in messages:
            outcomes[message] = Outcome("processed")

    @api.model
    def _accept_batch(self, arrival):
        """The response batch to a batch, as ``_accept`` answers a message."""
        receiver, sha256 = arrival.receiver, content_hash(arrival.content)
        owner = receiver.channel_id, f"batch:{sha256}"
        known = self._owners([owner]).get(owner)
        if known and known[1]:
            return known[1]
        now = fields.Datetime.now()
        file = split_batch(arrival.content)
        if len(file.messages) > LARGEST:
            return self._refuse_batch(arrival, sha256, now)
        problems = file.problems()
        members = [replace(arrival, content=each) for each in file.messages]
        local = self._local(arrival, now)
        verdicts = [self._judge(member, local) for member in members]
        bad = sum(bool(verdict.error) for verdict in verdicts)
        refused = receiver.whole_batches and bool(bad or problems)
        if not known:
            self._insert_batch(arrival, file, sha256, problems, refused, now)
        row = self._batch_row(owner)
        if refused:
            answers = [self._refusal(v, receiver, now) for v in verdicts]
        else:
            answers = self._accept_members(members, row)
        settled = not receiver.late or all(map(_accepted, answers))
        if receiver.only_errors:
            answers = [b"" if _accepted(answer) else answer for answer in answers]
        answer = answer_batch(file, answers, own_id(), local, problems)
        row.batch_size = len(members)
        # What was refused after it was looked at may be mended: it is looked at anew.
        if settled:
            row.answer = base64.b64encode(answer)
            row.answer_code = "AE" if refused else "AA"
        row.flush_recordset()  # the same batch may follow in this transaction
        return answer

    @api.model
    def _refuse_batch(self, arrival, sha256, now):
        """The answer to a batch that is too large to be looked at; it is put aside."""
        error = Hl7Error("too_large", text=f"more than {LARGEST} messages in a batch")
        verdict = Verdict(
            key=f"batch:{sha256}",
            sha256=sha256,
            size=len(arrival.content),
            codec="",
            header=PLAIN,
            state="quarantined",
            answer=answer_unreadable(b"", own_id(), self._local(arrival, now), error),
            content=arrival.content,
            error=error,
        )
        return self._accept_plain([replace(arrival, verdict=verdict)])[0]

    @api.model
    def _accept_members(self, members, row):
        """The answer to each; of a channel that answers late, when it is processed."""
        members = [replace(each, batch_id=row.id) for each in members]
        answers = self._accept_plain(members)
        late = [n for n, answer in enumerate(answers) if not answer]
        if late and members[0].receiver.late:
            given = self._answers_late([members[number] for number in late])
            for number, answer in zip(late, given, strict=True):
                answers[number] = answer or b""
        return answers

    @api.model
    def _insert_batch(self, arrival, file, sha256, problems, refused, now):
        error = None
        if problems:
            error = Hl7Error("batch_count", problems[0][:3], 1, "; ".join(problems))
        elif refused:
            error = Hl7Error("batch_refused", text="a message of it is not acceptable")
        name = "FHS" if file.header else "BHS"
        state = "quarantined" if refused else "exception" if error else "processed"
        verdict = Verdict(
            key=f"batch:{sha256}",
            sha256=sha256,
            size=len(arrival.content),
            codec="",
            header=PLAIN,
            state=state,
            answer=Answer("", b""),
            # The messages keep their own; what was refused whole is kept whole.
            content=arrival.content if refused else b"",
            error=error,
            labels=Labels(control_id=file.control_id, message_type=name),
        )
        self._insert([self._row(arrival, verdict, now)])

    @api.model
    def _batch_row(self, owner):
        channel_id, key = owner
        domain = [("channel_id", "=", channel_id), ("message_key", "=", key)]
        return self.search(domain)

    @api.model
    def _refusal(self, verdict, receiver, now):
        """The answer to a message that shares the fate of its batch."""
        if verdict.error:
            return verdict.answer.content
        error = Hl7Error("batch_refused", text="its batch was refused as a whole")
        local = now.replace(tzinfo=UTC).astimezone(receiver.zone)
        made = answer_to(verdict.header, verdict.codec, own_id(), local, error)
        return made.content


def _accepted(answer):
    return b"\rMSA" in answer and answer.split(b"\rMSA", 1)[1][1:3] in (b"AA", b"CA")
