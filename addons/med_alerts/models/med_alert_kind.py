from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, ormcache

from ..core.kind import LESS
from ..core.levels import reaches


class MedAlertRule(models.Model):
    """The interface through which addons contribute kinds.

    A kind is one file that extends ``med.alert.rule``:

    - ``kind = fields.Selection(selection_add=[("budget", "Budget")], ...)``;
    - ``_kinds()`` returns ``{**super()._kinds(), "budget": Kind(...)}``;
    - ``_measure_<kind>(look)`` yields ``Measure``s: what the subjects in ``look`` and
      in the scope of this rule measure now. It need not leave out what is fine; the
      engine decides, by ``core/levels.py``, which level is reached;
    - ``_explain_<kind>(alert)`` returns the sentence that explains the alert to its
      reader from ``alert.inputs``.

    Optional: ``_why_not_<kind>(product, location)`` says why an item has no measure,
    ``med.alert._coverage`` what is on its way, ``med.alert._next_steps`` what can be
    done about it. Whoever changes what a kind watches calls
    ``med.alert.touch._touch`` (stock) or ``_touch_records`` (records of its own).
    """

    _inherit = "med.alert.rule"

    @api.model
    def _kinds(self):
        """Extension point: ``{kind: Kind}``, what each kind is."""
        return {}

    @api.model
    @ormcache("kind")
    def _kind_named(self, kind):
        return self._kinds()[kind]

    def _kind_facts(self):
        self.ensure_one()
        return self._kind_named(self.kind)

    @api.model
    def _watched_kinds(self):
        """Kinds that an active rule with levels watches."""
        rules = self.search([("level_ids", "!=", False)])
        return set(rules.mapped("kind"))

    def _measures(self, look):
        """What this rule's subjects measure now."""
        self.ensure_one()
        return getattr(self, f"_measure_{self.kind}")(look)

    def _explain(self, alert):
        """How ``alert`` came about, from its stored inputs, to its reader."""
        self.ensure_one()
        return getattr(self, f"_explain_{self.kind}")(alert)

    def _level_of(self, measure):
        """The level that ``measure`` has reached, an empty one where it is fine."""
        return self.level_ids._reached(measure, self._kind_facts().worse)

    def _may_reach(self, measured, base=None):
        """SQL: whether ``measured`` may reach one of the levels.

        Leaves out in the database what surely has reached none, with a step to spare:
        the decision itself is core's. ``base`` is 100 % of a threshold in percent.
        """
        self.ensure_one()
        kind = self._kind_facts()
        spare = self._step()
        limits = []
        for level in self.level_ids:
            if level.threshold_unit != "percent":
                limits.append(SQL("%s::numeric", level.threshold))
            elif base is None:
                raise UserError(
                    self.env._("%(rule)s has no base for a percentage.", rule=self.name)
                )
            else:
                limits.append(SQL("%s * %s::numeric / 100", base, level.threshold))
        if not limits:
            return SQL("FALSE")
        together = SQL(", ").join(limits)
        if kind.worse == LESS:
            return SQL("%s <= greatest(%s) + %s", measured, together, spare)
        return SQL("%s >= least(%s) - %s", measured, together, spare)

    @api.model
    def _step(self):
        """The smallest difference of a quantity that counts."""
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        return 10.0**-digits

    def _has_reached(self, level, measure):
        """Whether ``measure`` has reached this one ``level``."""
        worse = self._kind_facts().worse
        return reaches(
            measure.measured, level._limit(measure.base), measure.step, worse
        )

    # ---- SQL of the scope ------------------------------------------------------------

    def _products_sql(self, column, look=None, sellers=True):
        """SQL: whether the product in ``column`` is watched by this rule and look.

        Where the record itself names its supplier, ask without ``sellers``.
        """
        parts = []
        if not self._watches_every_product(sellers):
            # The engine measures for everybody, whoever started it.
            products = self.env["product.product"].sudo()
            query = products._search(self._product_domain(sellers))
            parts.append(SQL("%s IN %s", column, query.subselect()))
        if look is not None and look.pairs is not None:
            touched = sorted({product for product, _place in look.pairs})
            parts.append(SQL("%s = ANY(%s)", column, touched))
        return SQL(" AND ").join(parts) if parts else SQL("TRUE")

    def _places_sql(self, column, look=None):
        """SQL: whether the place in ``column`` is watched by this rule and look."""
        parts = []
        if self.department_ids:
            shelves = self._department_scope().stock_location_id
            places = self.env["stock.location"].search(
                [("id", "child_of", shelves.ids)]
            )
            parts.append(SQL("%s = ANY(%s)", column, list(places._ids)))
        if look is not None and look.pairs is not None:
            touched = sorted({place for _product, place in look.pairs})
            parts.append(SQL("%s = ANY(%s)", column, touched))
        return SQL(" AND ").join(parts) if parts else SQL("TRUE")

    def _company_sql(self, column):
        if not self.company_id:
            return SQL("TRUE")
        return SQL("%s = %s", column, self.company_id.id)

    @api.model
    def _fetch(self, query):
        """Rows of ``query`` as dicts; the ORM's pending writes are seen."""
        cr = self.env.cr
        cr.execute(query)
        return cr.dictfetchall()
