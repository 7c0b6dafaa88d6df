from odoo import api, models
from odoo.tools.misc import format_date, formatLang


class MedReorderProposal(models.Model):
    """How a number came about, in plain sentences with every input."""

    _inherit = "med.reorder.proposal"

    @api.depends("problem", "daily_mean", "lead_days", "reorder_point", "order_up_to")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for proposal in self:
            proposal.explanation = "\n".join(proposal._explain())

    def _explain(self):
        """The number's story, a list of sentences in the reader's language."""
        self.ensure_one()
        if self.problem == "no_supplier":
            return [
                self.env._(
                    "No vendor is set on %(product)s, so nobody knows how long an "
                    "order takes. Add a vendor with a delivery lead time.",
                    product=self.product_id.display_name,
                )
            ]
        if self.problem == "no_history":
            return [
                self.env._(
                    "No use of %(product)s is known here, so nothing can be foreseen. "
                    "The minimum and maximum stay as they are.",
                    product=self.product_id.display_name,
                )
            ]
        if self.problem == "no_room":
            return [
                self.env._(
                    "%(held)s of %(product)s must always be held here (%(needs)s), and "
                    "there is room for %(room)s. Change the clinical need or the "
                    "storage limit; the minimum and maximum stay as they are.",
                    held=self._number(self.minimum_held),
                    product=self.product_id.display_name,
                    needs=self.need_names,
                    room=self._number(self.orderpoint_id.med_storage_limit),
                )
            ]
        sentences = [
            self._explain_forecast(),
            self._explain_backtest(),
            self._explain_lead_time(),
            self._explain_needs(),
            self._explain_roster(),
            self._explain_interval(),
            self._explain_levels(),
        ]
        return [sentence for sentence in sentences if sentence]

    def _explain_forecast(self):
        return self.env._(
            "Forecast: %(mean)s %(unit)s a day; a week is %(week)s, give or take "
            "%(sigma)s. From %(days)s days of use until %(until)s (%(method)s; "
            "%(basis)s).",
            mean=self._number(self.daily_mean),
            week=self._number(7 * self.daily_mean),
            sigma=self._number(self.daily_sigma * 7**0.5),
            unit=self.uom_id.name,
            days=self.history_days,
            until=format_date(self.env, self.history_until),
            method=self._label("forecast_method"),
            basis=self._label("forecast_basis"),
        )

    def _explain_backtest(self):
        if not self.backtest_count:
            return self.env._(
                "The history is too short to test the forecast on it; look twice."
            )
        figures = {
            "count": self.backtest_count,
            "days": self.interval_days,
            "wape": self._number(100 * self.wape, 0),
            "bias": self._number(100 * abs(self.bias), 0),
        }
        if self.bias < 0:
            sentence = self.env._(
                "Tested on the past: %(count)s forecasts, each of %(days)s days, were "
                "off by %(wape)s %%; on the whole they were %(bias)s %% too low.",
                **figures,
            )
        else:
            sentence = self.env._(
                "Tested on the past: %(count)s forecasts, each of %(days)s days, were "
                "off by %(wape)s %%; on the whole they were %(bias)s %% too high.",
                **figures,
            )
        if self.coverage:
            sentence += " " + self.env._(
                "The level meant for 95 of 100 times held %(coverage)s of 100 times.",
                coverage=self._number(100 * self.coverage, 0),
            )
        return sentence

    def _explain_lead_time(self):
        figures = {
            "lead": self._number(self.lead_days),
            "sigma": self._number(self.lead_sigma),
            "promised": self._number(self.lead_promised),
            "receipts": self.lead_receipts,
            "ratio": self._number(self.supplier_ratio),
            "late": self.open_late,
        }
        # Whether the rule names a vendor, for whoever may read its proposal.
        if not self.sudo().orderpoint_id._med_is_bought(self.department_id):
            return self.env._(
                "Lead time: the store brings it within %(lead)s days (settings).",
                **figures,
            )
        if self.lead_receipts:
            measured = self.env._(
                "Lead time: %(lead)s days, give or take %(sigma)s; promised are "
                "%(promised)s, measured were %(receipts)s receipts, and the supplier "
                "takes %(ratio)s times what it promises.",
                **figures,
            )
        else:
            measured = self.env._(
                "Lead time: %(lead)s days, give or take %(sigma)s; promised are "
                "%(promised)s. No receipt of this item has been measured yet; over all "
                "its items the supplier takes %(ratio)s times what it promises.",
                **figures,
            )
        if not self.open_late:
            return measured
        return f"{measured} " + self.env._(
            "%(late)s open orders are late today and count already.", **figures
        )

    def _explain_needs(self):
        if not self.need_names and not self.known_use:
            return ""
        sentence = self.env._(
            "Known to come: %(known)s planned in these days; clinical needs: "
            "%(needs)s (use times %(factor)s, %(extra)s more a day, at least %(held)s "
            "always held).",
            known=self._number(self.known_use),
            needs=self.need_names or "–",
            factor=self._number(self.need_factor),
            extra=self._number(self.need_extra),
            held=self._number(self.minimum_held),
        )
        if self.announced_daily:
            sentence += " " + self.env._(
                "With %(announced)s a day on top of the forecast, %(total)s are used a "
                "day: that is what days of cover, expiry and transfers reckon with.",
                announced=self._number(self.announced_daily),
                total=self._number(self.daily_mean + self.announced_daily),
            )
        return sentence

    def _explain_roster(self):
        if not self.roster_wape_without:
            return ""
        figures = {
            "without": self._number(100 * self.roster_wape_without, 0),
            "with_roster": self._number(100 * self.roster_wape_with, 0),
            "factor": self._number(self.roster_factor),
        }
        if self.roster_wape_with < self.roster_wape_without:
            return self.env._(
                "The duty roster was tried on the past: %(with_roster)s %% off with "
                "it, %(without)s %% without; the forecast is multiplied by %(factor)s.",
                **figures,
            )
        return self.env._(
            "The duty roster was tried on the past and left aside: %(with_roster)s %% "
            "off with it, %(without)s %% without.",
            **figures,
        )

    def _explain_interval(self):
        return self.env._(
            "An order must last %(days)s days, lead time and %(review)s days between "
            "orders: %(mean)s are expected to be used, %(high)s at most in 95 of 100 "
            "cases.",
            days=self.interval_days,
            review=self._number(self.review_days),
            mean=self._number(self.interval_mean),
            high=self._number(self.interval_high),
        )

    def _explain_levels(self):
        figures = {
            "service": self._number(100 * self.service_level),
            "safety": self._number(self.safety_stock),
            "point": self._number(self.reorder_point),
            "top": self._number(self.order_up_to),
            "pack": self._number(self.pack),
            "fill": self._number(100 * self.fill_expected, 1),
            "orders": self._number(self.orders_year, 0),
            "stock": self._number(self.stock_mean, 0),
            "shelves": self._number(self.held_on_shelves),
            "unit": self.uom_id.name,
        }
        sentence = self.env._(
            "Its class is asked for %(service)s %% of all requests. Cheapest for "
            "that is to reorder this item at %(point)s (safety stock %(safety)s) and "
            "order up to %(top)s, in packs of %(pack)s: about %(orders)s orders a "
            "year, %(stock)s %(unit)s on the shelf on average, and %(fill)s %% of its "
            "own requests served in full.",
            **figures,
        )
        if self.held_on_shelves:
            sentence += " " + self.env._(
                "%(shelves)s %(unit)s of safety stock lie on the shelves of "
                "departments and are not held again here.",
                **figures,
            )
        return sentence

    def _label(self, name):
        """What the reader sees for the value of a selection field."""
        labels = dict(self._fields[name]._description_selection(self.env))
        return labels.get(self[name], "")

    def _number(self, value, digits=2):
        whole = digits == 0 or float(round(value, digits)).is_integer()
        return formatLang(self.env, value, digits=0 if whole else digits)
