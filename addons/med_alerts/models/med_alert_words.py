from odoo import api, fields, models
from odoo.tools import format_list
from odoo.tools.misc import format_date, format_datetime, formatLang

from ..core.kind import MORE


class MedAlert(models.Model):
    """An alert in words: what it is called, what it is about, how it came about.

    All in the language of its reader, who may have no right on lots or transfers:
    whoever may see an alert may know what it is about.
    """

    _inherit = "med.alert"

    name = fields.Char(compute="_compute_name", compute_sudo=True)
    about = fields.Char(
        compute="_compute_name",
        compute_sudo=True,
        help="The item and lot, or the paper, it is about.",
    )
    unit_name = fields.Char(
        compute="_compute_unit_name",
        compute_sudo=True,
        help="What measured and threshold are in.",
    )
    sign = fields.Char(compute="_compute_unit_name", compute_sudo=True)
    figures = fields.Char(
        compute="_compute_figures",
        compute_sudo=True,
        help="What is measured, and from where on it tells.",
    )
    explanation = fields.Text(
        compute="_compute_explanation",
        compute_sudo=True,
        help="How the figure came about.",
    )

    @api.depends("kind", "product_id", "lot_id", "department_id", "location_id")
    @api.depends("subject_name")
    @api.depends_context("lang")
    def _compute_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for alert in self:
            what = alert.product_id.display_name or alert.subject_name
            about = [part for part in (what, alert.lot_id.name) if part]
            parts = [kinds.get(alert.kind), *about, alert._place_name()]
            alert.about = " · ".join(about)
            alert.name = " · ".join(part for part in parts if part)

    @api.depends("name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for alert in self:
            alert.display_name = alert.name

    @api.depends("kind", "inputs", "measured", "threshold", "product_id", "location_id")
    @api.depends_context("lang", "tz")
    def _compute_explanation(self):
        for alert in self:
            alert.explanation = alert.rule_id and alert.rule_id._explain(alert)

    @api.depends("kind", "product_id")
    @api.depends_context("lang")
    def _compute_unit_name(self):
        kinds = self.env["med.alert.rule"]._kinds()
        for alert in self:
            facts = kinds.get(alert.kind)
            unit = facts.unit if facts else "quantity"
            alert.sign = "≥" if facts and facts.worse == MORE else "≤"
            alert.unit_name = self._unit_word(unit, alert.product_id, alert.company_id)

    @api.depends("measured", "threshold", "kind", "product_id")
    @api.depends_context("lang")
    def _compute_figures(self):
        for alert in self:
            measured = alert._at_a_glance()
            parts = [alert._format_quantity(measured)]
            if alert.threshold:
                parts += [alert.sign, alert._format_quantity(alert.threshold)]
            parts.append(alert.unit_name)
            alert.figures = " ".join(part for part in parts if part)

    def _at_a_glance(self):
        """What was measured: nobody acts on a hundredth of what is more than ten.

        Where rounding would contradict the threshold beside it, it is told as it is.
        """
        measured, threshold = self.measured, self.threshold
        whole = round(measured, 0 if measured > 10 else 2)
        sides = ((each > threshold) - (each < threshold) for each in (whole, measured))
        return whole if len(set(sides)) == 1 else measured

    @api.model
    def _unit_word(self, unit, product, company):
        """What a kind that measures in ``unit`` is counted in, to the reader."""
        if unit == "money":
            return company.currency_id.name
        words = {
            "days": self.env._("days"),
            "hours": self.env._("hours"),
            "percent": "%",
            "count": "",
        }
        return words.get(unit, product.uom_id.name or "")

    def _place_name(self):
        return self.department_id.name or self.location_id.display_name or ""

    def _format_items(self):
        """The first items of a paper in the reader's language, and how many more."""
        inputs = self.inputs or {}
        # Whoever sees the alert may know what the paper is about.
        items = self.env[inputs.get("item_model") or "product.product"].sudo()
        items = items.browse(inputs.get("item_ids") or ()).exists()
        names = items.mapped("display_name")
        more = (inputs.get("item_count") or 0) - len(items)
        if more > 0:
            names.append(self.env._("%(count)s more", count=more))
        return format_list(self.env, names) if names else ""

    def _format_day(self, day):
        return format_date(self.env, day) if day else ""

    def _format_moment(self, moment):
        moment = fields.Datetime.to_datetime(moment)
        if not moment:
            return ""
        # Odoo would ask the user who runs this; a message is for somebody else.
        clock = self.env.context.get("tz")
        return format_datetime(self.env, moment, tz=clock, dt_format="short")

    def _format_money(self, amount):
        return formatLang(self.env, amount, currency_obj=self.company_id.currency_id)

    def _format_quantity(self, quantity):
        """``quantity`` as the reader writes numbers, without idle zeros."""
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        whole = float(quantity).is_integer()
        return formatLang(self.env, quantity, digits=0 if whole else digits)
