import ssl
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.addons.med_consumables.core.sealing import SealError
from odoo.exceptions import UserError, ValidationError

from ..core import feed_line
from ..core.errors import PlaceError
from ..core.feed_line import FIELDS, names_of
from ..gateway.client import tls_context
from .error_words import in_words
from .sql_source import KINDS, NoDriver, NoEncryption, Source, SourceError, View


class MedHisChannelView(models.Model):
    """A view in the other system's database, polled by time.

    Each look begins some minutes before the last row it saw, for rows whose transaction
    ended late. The time should be that of entry, which only grows: where a view has but
    the time of use, what is entered late lies behind the looks of the day, and is found
    by the first of the next, which begins some days before. What was seen before is
    known by its number and not counted again.
    """

    _inherit = "med.his.channel"

    db_kind = fields.Selection(
        [(kind, name) for kind, (name, _driver, _port) in KINDS.items()],
        string="Database Kind",
        tracking=True,
    )
    db_host = fields.Char(string="Database Host", tracking=True)
    db_port = fields.Integer(
        string="Database Port", tracking=True, help="0 for the usual one."
    )
    db_name = fields.Char(string="Database", tracking=True)
    db_user = fields.Char(
        string="Database User",
        tracking=True,
        help="An account that may read this view and nothing else.",
    )
    db_plaintext = fields.Boolean(
        string="Without Encryption",
        tracking=True,
        help="Rows, visits and the password travel as plain text: only on the same "
        "machine, through a tunnel or in a network of its own.",
    )
    db_authority = fields.Text(
        string="Their Database's Authority (PEM)",
        help="The certificate that signed the database server's; empty for those that "
        "this server trusts anyway.",
    )
    db_password = fields.Char(
        string="Password",
        compute="_compute_db_password",
        inverse="_inverse_db_password",
        groups="med_his_connector.group_integration_operator",
        help="Kept sealed, and never shown again.",
    )
    db_password_sealed = fields.Binary(
        attachment=False, copy=False, groups="base.group_system"
    )
    db_has_password = fields.Boolean(compute="_compute_db_has_password")
    view_name = fields.Char(
        string="View", tracking=True, help="With its schema, such as his.v_charges."
    )
    overlap_minutes = fields.Integer(
        string="Overlap (minutes)",
        default=60,
        required=True,
        tracking=True,
        help="How far behind the newest row each look begins: longer than their "
        "longest transaction.",
    )
    entry_column = fields.Char(
        string="Column of Entry",
        tracking=True,
        help="The view's column of the time when a row was entered there, which only "
        "grows. Rows are read in its order. Left empty they are read in the order of "
        "their time of use, and what is entered late is found no sooner than at night.",
    )
    look_back_days = fields.Integer(
        string="Look Back Each Night (days)",
        default=7,
        required=True,
        tracking=True,
        help="The first look of a day begins so many days before the newest row, for "
        "uses that were entered late. What is known is not counted again; what is "
        "entered later than this is never read. 0: no look back.",
    )
    looked_back_on = fields.Date(readonly=True, copy=False)
    batch_rows = fields.Integer(string="Rows at Once", default=1000, required=True)
    statement_seconds = fields.Integer(
        string="Longest Query (seconds)", default=30, required=True, tracking=True
    )
    start_from = fields.Datetime(
        default=lambda self: fields.Datetime.now(),
        help="The first look begins here; older rows are never read.",
    )
    watermark = fields.Char(
        string="Newest Row",
        readonly=True,
        copy=False,
        help="The time of the newest row that was seen, as the view writes it.",
    )

    _view_positive = models.Constraint(
        "CHECK(overlap_minutes >= 0 AND look_back_days >= 0 AND statement_seconds > 0"
        " AND batch_rows BETWEEN 1 AND 100000)",
        "Overlap and look back are zero or more; the longest query is at least a "
        "second, and rows at once are 1 to 100,000.",
    )

    def _compute_db_password(self):
        for channel in self:
            channel.db_password = False

    def _inverse_db_password(self):
        self._seal("db_password", "db_password_sealed")

    @api.depends("db_password_sealed")
    def _compute_db_has_password(self):
        # Whether there is one is no secret.
        for channel in self.sudo():
            channel.db_has_password = bool(channel.db_password_sealed)

    @api.constrains("db_authority")
    def _check_db_authority(self):
        for channel in self:
            try:
                tls_context(channel.db_authority)
            except (ssl.SSLError, ValueError):
                raise ValidationError(
                    self.env._(
                        "The authority of %(channel)s is no certificate. Paste it with "
                        "its first and last line.",
                        channel=channel.name,
                    )
                ) from None

    def action_try_view(self):
        """Connect, find the columns, read one batch; say what was found."""
        self.ensure_one()
        self.check_access("write")
        try:
            with self._view() as view:
                columns = self._view_columns(view)
                rows = next(view.rows(columns, self._view_since(), 10), [])
        except (SourceError, NoDriver, NoEncryption) as error:
            raise UserError(self._view_problem(error)) from None
        names = ", ".join(f"{field} = {column}" for field, column in columns.items())
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("The view answers"),
                "message": self.env._(
                    "%(count)s of its next rows were read, and nothing was kept. "
                    "Columns: %(names)s",
                    count=len(rows),
                    names=names,
                ),
                "type": "success",
                "sticky": True,
            },
        }

    # ---- Looking ---------------------------------------------------------------------

    def _look_into_view(self, commit):
        today = self._view_now().date()
        try:
            with self._view() as view:
                columns = self._view_columns(view)
                batches = view.rows(columns, self._view_since(), self.batch_rows)
                for rows in batches:
                    self._keep_rows(rows)
                    # Should it end here, the next look goes on from this row.
                    self.watermark = self._newest(rows)
                    self.looked_back_on = today
                    commit()
                self.looked_back_on = today
        except (SourceError, NoDriver, NoEncryption) as error:
            return self._view_problem(error)
        except UserError as error:
            return str(error)
        return ""

    def _keep_rows(self, rows):
        """Keep rows as messages; one that cannot even be kept leaves a trace."""
        Message, counts = self.env["med.his.message"], Counter()
        profile, verdicts = self._profile(), []
        own = {field: field for field in FIELDS}
        for row in rows:
            try:
                values = feed_line.allowed(row, own)
                verdicts.append(Message._line_verdict(self, values, profile, False))
            except PlaceError as error:
                trace = f"{self.code}|{row['id']}".encode()
                Message._keep_refusal(self, trace, error, "", "Line")
                counts["refused"] += 1
        for one in Message._keep(self, verdicts, "") if verdicts else ():
            counts[one.fate] += 1
        return counts

    def _view(self):
        self.ensure_one()
        zone = ZoneInfo(self.tz)
        offset = f"{datetime.now(zone):%z}"
        return View(
            Source(
                kind=self.db_kind,
                host=self.db_host or "",
                port=self.db_port,
                database=self.db_name or "",
                user=self.db_user or "",
                view=self.view_name or "",
                zone_name=self.tz,
                offset=f"{offset[:3]}:{offset[3:]}",
                seconds=self.statement_seconds,
                encrypted=not self.db_plaintext,
                authority=(self.db_authority or "").strip(),
                password=self._db_password(),
            )
        )

    def _view_columns(self, view):
        """``{our field: their column}``: by the mapping, else by usual names."""
        there = {name.casefold(): name for name in view.columns()}
        mapped, found = self._names(), {}
        for field in FIELDS:
            names = (mapped[field],) if mapped.get(field) else names_of(field)
            column = next(
                (there[n.casefold()] for n in names if n.casefold() in there), None
            )
            if column:
                found[field] = column
            elif mapped.get(field):
                raise UserError(self._no_column(mapped[field]))
        if self.entry_column:
            found["entry"] = there.get(self.entry_column.strip().casefold())
            if not found["entry"]:
                raise UserError(self._no_column(self.entry_column))
        missing = [f for f in ("id", "item", "quantity", "time") if f not in found]
        if missing:
            raise UserError(
                self.env._(
                    "The view %(view)s has no column for: %(fields)s. Say under "
                    "Columns what they are called there.",
                    view=self.view_name,
                    fields=", ".join(missing),
                )
            )
        return found

    def _no_column(self, name):
        return self.env._(
            "The view %(view)s has no column %(name)s.", view=self.view_name, name=name
        )

    def _view_now(self):
        return datetime.now(ZoneInfo(self.tz))

    def _view_since(self):
        """The wall clock of the view's rows from which a look begins."""
        start = self.start_from and self.start_from.replace(tzinfo=UTC)
        if not self.watermark:
            return self._as_in_view(start or self._view_now())
        newest = datetime.fromisoformat(self.watermark)
        now = self._as_in_view(self._view_now(), newest.tzinfo)
        back = timedelta(minutes=self.overlap_minutes)
        if self.looked_back_on != self._view_now().date():
            back = max(back, timedelta(days=self.look_back_days))
        # A row that claims to be of tomorrow must not hide those of today.
        since = min(newest, now) - back
        return max(since, self._as_in_view(start, newest.tzinfo)) if start else since

    def _as_in_view(self, moment, zone=None):
        """``moment`` in ``zone``, or by the wall clock of a view that has none."""
        if zone:
            return moment.astimezone(zone)
        return moment.astimezone(ZoneInfo(self.tz)).replace(tzinfo=None)

    @api.model
    def _newest(self, rows):
        newest = rows[-1].get("entry") or rows[-1]["time"]
        if isinstance(newest, date) and not isinstance(newest, datetime):
            newest = datetime(newest.year, newest.month, newest.day)
        if not isinstance(newest, datetime):
            raise UserError(
                self.env._("The column of the time must be a date and time.")
            )
        return newest.isoformat()

    def _view_problem(self, error):
        if isinstance(error, NoDriver):
            return self.env._(
                "%(package)s is not installed on the server. Install what "
                "requirements-databases.txt names (for Oracle oracledb, for SQL Server "
                "pymssql), and restart it.",
                package=str(error),
            )
        if isinstance(error, NoEncryption):
            return self.env._(
                "The way to %(kind)s cannot be encrypted from here. Lay a tunnel (TLS) "
                "to its machine, let the channel connect to the tunnel's end on this "
                "one, and tick “%(plain)s”.",
                kind=self._database_kind(),
                plain=self._fields["db_plaintext"]._description_string(self.env),
            )
        why = in_words(self.env, str(error))
        return self.env._("The database says: %(why)s", why=why)

    def _database_kind(self):
        kinds = dict(self._fields["db_kind"]._description_selection(self.env))
        return kinds.get(self.db_kind, self.db_kind)

    def _db_password(self):
        try:
            return self._unseal("db_password_sealed")
        except SealError as error:
            raise UserError(
                self.env._(
                    "The password cannot be opened (%(why)s). Enter it again.",
                    why=in_words(self.env, str(error)),
                )
            ) from None
