import logging
import os
import time
from collections import Counter
from pathlib import Path

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.addons.med_consumables.core import sheet
from odoo.exceptions import UserError, ValidationError
from odoo.tools import config

from ..core import feed_line
from ..core.errors import PlaceError
from ..core.file_rows import read_records
from ..core.folder import (
    ARCHIVE,
    ERRORS,
    INBOX,
    Folder,
    checksum_of,
    read_settled,
    readable,
    shortened,
)
from .error_words import in_words, joined

_logger = logging.getLogger(__name__)

BATCH = 500
FILES_AT_ONCE = 200
#: More lines that cannot be read, and it is the file that is wrong: nothing is kept.
MOST_REFUSED = 1000


class MedHisChannelFolder(models.Model):
    """A folder in which another system puts files of lines.

    A file is taken whole: it is moved aside, its lines are committed with the note that
    it was taken, then it goes to the archive. Should the server fall in between, the
    file is known by its hash and its lines by their numbers: nothing is counted twice.
    """

    _inherit = "med.his.channel"

    folder = fields.Char(
        tracking=True,
        help="Its name in the folder of all interfaces, which the server's "
        "configuration names (med_interface_folder).",
    )
    settle_seconds = fields.Integer(
        string="Leave Alone For (seconds)",
        default=10,
        required=True,
        tracking=True,
        help="A file that was changed later than this is still being written.",
    )
    needs_checksum = fields.Boolean(
        string="Only With Checksum",
        tracking=True,
        help="A file is taken when a second one with its SHA-256 lies beside it, such "
        "as use.csv and use.csv.sha256. Where there is one it is always checked.",
    )
    folder_path = fields.Char(string="Put Files Into", compute="_compute_folder_path")
    file_ids = fields.One2many("med.his.file", "channel_id", string="Files")

    _folder_uniq = models.UniqueIndex(
        "(folder) WHERE active AND transport = 'folder'",
        "Another channel takes the files of this folder.",
    )

    @api.depends("folder", "transport")
    def _compute_folder_path(self):
        for channel in self:
            usable = channel.transport == "folder" and channel.folder
            channel.folder_path = usable and str(channel._folder() / INBOX)

    @api.constrains("folder", "transport")
    def _check_folder(self):
        for channel in self:
            if channel.transport != "folder":
                continue
            name = channel.folder or ""
            if not name or name != os.path.basename(name) or name.startswith("."):
                raise ValidationError(
                    self.env._(
                        "%(name)s is no name of a folder. Write one name without "
                        "slashes, such as his-charges.",
                        name=name or "''",
                    )
                )

    def action_view_files(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_his_connector.med_his_file_action"
        )
        action["domain"] = [("channel_id", "=", self.id)]
        action["context"] = {}
        return action

    @api.model
    def _folders(self):
        """The folder of all interfaces: nothing outside of it is ever read."""
        named = os.environ.get("MED_INTERFACE_FOLDER") or config.get(
            "med_interface_folder"
        )
        return Path(named or Path(config["data_dir"]) / "med_interfaces")

    def _folder(self):
        self.ensure_one()
        return self._folders() / self.env.cr.dbname / os.path.basename(self.folder)

    # ---- Looking ---------------------------------------------------------------------

    def _look_into_folder(self, commit):
        try:
            folder = self._folder_on_disk()
            for path in folder.take(time.time(), FILES_AT_ONCE):
                found = read_settled(path, self.max_message_kb * 1024)
                if found is None:
                    continue  # somebody still writes into it: the next look has it
                file = self._take_file(readable(path.name), found, checksum_of(path))
                commit()
                self._put_away(folder, path, file)
                # The lock went with the commit.
                if not self.try_lock_for_update():
                    break  # another worker goes on from here
        except OSError as error:
            return self.env._("The folder cannot be used: %(why)s.", why=error.strerror)
        return ""

    def _folder_on_disk(self):
        return Folder(self._folder(), self.settle_seconds, self.needs_checksum)

    @api.model
    def _put_away(self, folder, path, file):
        """Move a file to the archive, or to the errors with the reason."""
        part = ERRORS if file.state == "refused" else ARCHIVE
        name = f"{file.taken_at:%Y%m%d-%H%M%S}-{file.id}-{shortened(file.name)}"
        reason = file.reason if part == ERRORS else ""
        if place := folder.put_away(path, part, name, reason):
            file.put_away_as = place

    @api.model
    def _read_table(self, data):
        return sheet.read_rows(data)

    def _take_file(self, name, found, checksum=""):
        """Keep the lines of a file; the note of it. Commits nothing."""
        self.ensure_one()
        sha256 = found.sha256
        values = {
            "channel_id": self.id,
            "name": name,
            "sha256": sha256,
            "size": found.size,
        }
        File = self.env["med.his.file"]
        known = File.search([("channel_id", "=", self.id), ("sha256", "=", sha256)])
        # Taken before, and not yet put away: the server fell in between.
        if left := known.filtered(lambda each: not each.put_away_as)[:1]:
            return left
        if "taken" in known.mapped("state"):
            return File.create({**values, "state": "duplicate"})
        try:
            if checksum and checksum != sha256:
                raise PlaceError("value", text="its checksum is another one")
            if found.data is None:
                raise PlaceError("too_large", text=f"{found.size} bytes")
            with self.env.cr.savepoint():
                counts = self._keep_records(name, found.data, sha256)
        except (OperationalError, UserError):
            raise  # of the server, such as a missing key, and not of this file
        except Exception as error:  # noqa: BLE001  it must not hold up those behind it
            reason = self._why_refused(error)
            return File.create({**values, "state": "refused", "reason": reason})
        return File.create({**values, "state": "taken", **counts})

    def _why_refused(self, error):
        """In the words of those who look after the files."""
        own = self.with_context(lang=self.company_id.partner_id.lang)
        if isinstance(error, sheet.SheetRefused):
            return own.env["med.import"]._refusal_text(error.code, error.data)
        code, detail = "internal", type(error).__name__
        if isinstance(error, PlaceError):
            code = error.code
            place, text = (in_words(own.env, e) for e in (error.position, error.text))
            detail = joined(own.env, place, text)
        else:
            # What it says may quote the file.
            _logger.error("channel %s: a file failed: %s", self.code, detail)
        field = own.env["med.his.message"]._fields["error_code"]
        words = dict(field._description_selection(own.env)).get(code, code)
        return joined(own.env, words, detail)

    def _keep_records(self, name, data, sha256):
        """Keep every record, batch by batch; the counts for the note of the file."""
        names = self._names()
        records = read_records(name, data, self._read_table, names, _is_broken)
        counts, batch = Counter(), []
        for record in records:
            counts["row_count"] += 1
            batch.append(record)
            if len(batch) == BATCH:
                counts += self._keep_batch(sha256, names, batch)
                batch = []
                if counts["refused_count"] > MOST_REFUSED:
                    text = f"more than {MOST_REFUSED} lines cannot be read"
                    raise PlaceError("structure", record.position, text)
        counts += self._keep_batch(sha256, names, batch)
        return dict(counts)

    def _keep_batch(self, sha256, names, records):
        Message, counts = self.env["med.his.message"], Counter()
        profile, verdicts = self._profile(), []
        for record in records:
            try:
                if record.error:
                    raise record.error
                values = feed_line.allowed(record.values, names)
                verdicts.append(Message._line_verdict(self, values, profile, False))
            except PlaceError as error:
                where = PlaceError(error.code, record.position, error.text)
                # The same row of another file is refused anew, whatever its name.
                trace = f"{sha256}|{record.position}".encode()
                Message._keep_refusal(self, trace, where, "", "Line")
                counts["refused_count"] += 1
        for one in Message._keep(self, verdicts, "") if verdicts else ():
            counts[f"{one.fate}_count"] += 1
        return counts


def _is_broken(cell):
    return isinstance(cell, sheet.Broken)
