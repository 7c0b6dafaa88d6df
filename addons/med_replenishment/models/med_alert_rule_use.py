from collections import defaultdict
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.addons.med_alerts.core.kind import MORE, Kind, Measure
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..core.abnormal import band, unusual_since

USE_KINDS = [
    ("use_too_much", "Unusually much use"),
    ("use_too_little", "Unusually little use"),
    ("use_after_hours", "Unusual use after hours"),
    ("use_per_case", "More use than the procedures done explain"),
]
#: Past windows that the newest is compared with.
WINDOWS = 26
#: Units beyond the band that are worth a look.
LEAST_UNITS = 3.0
#: Hours of the hospital's day at which the house is quiet, until and from.
MORNING, EVENING = 6, 20
#: Units and cases in a window below which a share says nothing.
LEAST_SHARE, LEAST_CASES = 10.0, 3
#: So many of who reported are named.
NAMED = 3


class MedAlertRule(models.Model):
    """Kinds about use that leaves its band: who, what, since when.

    The newest window of ``window_days`` whole days is compared with the windows before
    it, of the same item and department; what was reported to the ledger counts, posted
    or not.
    """

    _inherit = "med.alert.rule"

    kind = fields.Selection(
        selection_add=USE_KINDS,
        ondelete={name: "cascade" for name, _label in USE_KINDS},
    )

    @api.model
    def _kinds(self):
        much = Kind(worse=MORE, unit="percent")
        return {
            **super()._kinds(),
            "use_too_much": much,
            "use_too_little": Kind(unit="percent"),
            "use_after_hours": much,
            "use_per_case": much,
        }

    # ---- measures --------------------------------------------------------------------

    def _measure_use_too_much(self, look):
        """Use of the newest window in per cent of the upper end of its band."""
        for row, usual in self._use_bands(look):
            now = row["windows"][0]
            if now < usual.high + LEAST_UNITS:
                continue
            count = unusual_since(row["windows"], usual.high, above=True)
            yield self._use_measure(row, usual, 100 * now / usual.high, count)

    def _measure_use_too_little(self, look):
        """Use of the newest window in per cent of the lower end of its band."""
        for row, usual in self._use_bands(look):
            now = row["windows"][0]
            if usual.low < LEAST_UNITS or now > usual.low:
                continue
            count = unusual_since(row["windows"], usual.low, above=False)
            yield self._use_measure(row, usual, 100 * now / usual.low, max(count, 1))

    def _measure_use_after_hours(self, look):
        """Share used after hours, in points above what is usual there."""
        for row in self._use_rows(look):
            shares = [
                100 * late / total
                for late, total in zip(row["late"], row["windows"], strict=True)
                if total >= LEAST_SHARE
            ]
            if row["windows"][0] < LEAST_SHARE:
                continue
            usual = band(shares[1:])
            if usual is None:
                continue
            above = shares[0] - usual.usual
            if shares[0] <= usual.high:
                continue
            yield self._use_measure(
                row, usual, above, 1, share=shares[0], late=row["late"][0]
            )

    def _measure_use_per_case(self, look):
        """Use in per cent of what the cards of the procedures done foresee.

        Where a department always uses more than its cards say, that is its measure;
        until enough windows with cases are known, its usual use is.
        """
        planned = {}
        for row in self._use_rows(look):
            company, until = row["company_id"], row["until"]
            if company not in planned:
                planned[company] = self._planned_windows(company, until)
            expected = planned[company].get((row["product_id"], row["department_id"]))
            if not expected or not expected[0]:
                continue
            ratios = [
                used / foreseen
                for used, foreseen in zip(row["windows"], expected, strict=True)
                if foreseen
            ]
            usual, common = band(ratios[1:]), band(row["windows"][1 : row["known"]])
            if usual:
                explained = max(usual.usual, 1.0) * expected[0]
            else:
                # Most of what is usual there may be used outside of known cases.
                explained = max(expected[0], common.usual if common else 0.0)
            now = row["windows"][0]
            if now < explained + LEAST_UNITS:
                continue
            yield self._use_measure(
                row,
                usual,
                100 * now / explained,
                1,
                expected=expected[0],
                explained=explained,
            )

    def _use_bands(self, look):
        for row in self._use_rows(look):
            usual = band(row["windows"][1 : row["known"]])
            if usual is not None:
                yield row, usual

    def _use_measure(self, row, usual, measured, windows, **more):
        since = row["until"] - timedelta(days=windows * self.window_days - 1)
        return Measure(
            key=f"{row['product_id']}@{row['department_id']}",
            measured=float(measured),
            step=1.0,
            values={
                "product_id": row["product_id"],
                "location_id": row["location_id"],
                "department_id": row["department_id"],
                "company_id": row["company_id"],
            },
            inputs={
                "used": row["windows"][0],
                "usual": usual.usual if usual else 0.0,
                "low": usual.low if usual else 0.0,
                "high": usual.high if usual else 0.0,
                "since": str(since),
                "until": str(row["until"]),
                "days": self.window_days,
                "people": self._who_used(row),
                **more,
            },
        )

    # ---- reading the ledger ----------------------------------------------------------

    def _use_rows(self, look):
        """Use per item and department in windows, the newest first.

        ``windows`` and ``late`` are ``WINDOWS + 1`` sums; ``known`` is how many of them
        lie after the first use.
        """
        self.env["med.consumption"].flush_model()
        companies = self.company_id or self.env["res.company"].search(
            [("id", "!=", False)]
        )
        for company in companies:
            today = company._med_day(fields.Datetime.now())
            rows = self._fetch(self._use_query(look, company, today))
            for row in rows:
                windows, late = [0.0] * (WINDOWS + 1), [0.0] * (WINDOWS + 1)
                for place, used, after in row.pop("sums"):
                    windows[int(place)] = max(used, 0.0)
                    late[int(place)] = max(after, 0.0)
                row |= {
                    "windows": windows,
                    "late": late,
                    "company_id": company.id,
                    "until": today - timedelta(days=1),
                    "known": min(
                        (today - row["first_day"]).days // self.window_days,
                        WINDOWS + 1,
                    ),
                }
                yield row

    def _use_query(self, look, company, today):
        return SQL(
            """
            SELECT used.product_id, used.department_id,
                   department.stock_location_id AS location_id,
                   min(used.first_day) AS first_day,
                   json_agg(
                       json_build_array(used.place, used.units, used.late)
                   ) AS sums
              FROM (
                SELECT line.product_id, line.department_id, line.place,
                       sum(line.units)::float8 AS units, min(line.day) AS first_day,
                       coalesce(sum(line.units) FILTER (
                           WHERE line.hour < %(morning)s OR line.hour >= %(evening)s
                       ), 0)::float8 AS late
                  FROM (
                    SELECT product_id, department_id, moment::date AS day,
                           extract(hour FROM moment) AS hour,
                           (%(today)s::date - 1 - moment::date) / %(days)s AS place,
                           CASE kind WHEN 'use' THEN quantity ELSE -quantity END
                               AS units
                      FROM (
                        SELECT consumption.*,
                               event_time AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s
                                   AS moment
                          FROM med_consumption consumption
                         WHERE company_id = %(company)s AND kind IN ('use', 'return')
                           AND %(counts)s
                           AND event_time >= %(begin)s
                           AND %(products)s
                      ) AS ours
                     WHERE moment::date < %(today)s
                  ) AS line
              GROUP BY line.product_id, line.department_id, line.place
              ) AS used
              JOIN med_department department ON department.id = used.department_id
             WHERE used.place <= %(windows)s AND %(places)s
          GROUP BY used.product_id, used.department_id, department.stock_location_id
            """,
            morning=MORNING,
            evening=EVENING,
            today=today,
            days=self.window_days,
            zone=company._med_time_zone().key,
            company=company.id,
            counts=self.env["med.consumption"]._demand_sql("consumption"),
            begin=today - timedelta(days=self.window_days * (WINDOWS + 1) + 2),
            products=self._products_sql(SQL("product_id"), look),
            windows=WINDOWS,
            places=self._places_sql(SQL("department.stock_location_id"), look),
        )

    def _planned_windows(self, company_id, until):
        """What the cards of cases done foresaw: ``{(item, department): windows}``.

        ``until`` is the last day of the newest window, of planned use as of use. A
        window of fewer than ``LEAST_CASES`` cases says nothing and is zero.
        """
        self.env["med.planned.use"].flush_model()
        planned = {}
        for row in self._fetch(
            SQL(
                """
                SELECT product_id, department_id,
                       (%(until)s::date - date) / %(days)s AS place,
                       sum(quantity)::float8 AS units
                  FROM med_planned_use
                 WHERE state = 'done' AND case_id IS NOT NULL
                   AND company_id = %(company)s
                   AND date > %(until)s::date - %(days)s * %(windows)s
                   AND date <= %(until)s
              GROUP BY product_id, department_id, place
                HAVING count(DISTINCT case_id) >= %(least)s
                """,
                company=company_id,
                until=until,
                days=self.window_days,
                windows=WINDOWS + 1,
                least=LEAST_CASES,
            )
        ):
            key = row["product_id"], row["department_id"]
            windows = planned.setdefault(key, [0.0] * (WINDOWS + 1))
            windows[row["place"]] = row["units"]
        return planned

    def _who_used(self, row):
        """Who reported the newest window, most first: ``[[source, name, units]]``."""
        groups = self.env["med.consumption"]._read_group(
            self._window_domain(
                row["product_id"],
                row["department_id"],
                row["until"],
                self.window_days,
            ),
            ["source", "create_uid", "kind"],
            ["quantity:sum"],
        )
        told = defaultdict(float)
        for source, person, kind, units in groups:
            # What came through a job was reported by another system alone.
            name = person.name if person and person.id != SUPERUSER_ID else ""
            told[source, name] += units if kind == "use" else -units
        ranked = sorted(told.items(), key=lambda each: -each[1])
        return [[source, name, units] for (source, name), units in ranked]

    @api.model
    def _window_domain(self, product_id, department_id, until, days):
        """The lines of the ledger whose sum a window is, returns taken off."""
        department = self.env["med.department"].browse(department_id).sudo()
        company = department.company_id  # of an alert that its reader may read
        before = company._med_last_moment(until - timedelta(days=days))
        return [
            ("product_id", "=", product_id),
            ("department_id", "=", department_id),
            ("kind", "in", ("use", "return")),
            ("event_time", ">", before),
            ("event_time", "<=", company._med_last_moment(until)),
            *self.env["med.consumption"]._demand_domain(),
        ]

    # ---- in words --------------------------------------------------------------------

    def _explain_use_too_much(self, alert):
        return self.env._(
            "%(place)s used %(used)s %(unit)s of %(product)s in the %(days)s days to "
            "%(until)s; %(usual)s are usual, up to %(high)s happen.\n"
            "Beyond that since %(since)s. Reported by %(people)s.",
            **self._use_words(alert),
        )

    def _explain_use_too_little(self, alert):
        return self.env._(
            "%(place)s used only %(used)s %(unit)s of %(product)s in the %(days)s days "
            "to %(until)s; %(usual)s are usual, at least %(low)s.\n"
            "Below that since %(since)s: is use not reported, or is something else "
            "used instead? Reported by %(people)s.",
            **self._use_words(alert),
        )

    def _explain_use_after_hours(self, alert):
        return self.env._(
            "%(place)s used %(late)s of %(used)s %(unit)s of %(product)s between "
            "%(evening)s:00 and %(morning)s:00 in the %(days)s days to %(until)s: "
            "%(share)s %%, where %(usual)s %% are usual.\n"
            "Reported by %(people)s.",
            **self._use_words(alert),
        )

    def _explain_use_per_case(self, alert):
        return self.env._(
            "%(place)s used %(used)s %(unit)s of %(product)s in the %(days)s days to "
            "%(until)s; the cards of the procedures done there foresee %(expected)s.\n"
            "Reported by %(people)s.",
            **self._use_words(alert),
        )

    def _use_words(self, alert):
        inputs = alert.inputs or {}
        people = self._people_words(alert, inputs.get("people") or [])
        numbers = ("used", "usual", "low", "high", "late", "share", "expected")
        return {
            "place": alert._place_name(),
            "product": alert.product_id.display_name,
            "unit": alert.uom_id.name,
            "days": inputs.get("days"),
            "since": format_date(self.env, inputs.get("since")),
            "until": format_date(self.env, inputs.get("until")),
            "people": people,
            "morning": MORNING,
            "evening": EVENING,
            **{
                name: alert._format_quantity(inputs.get(name) or 0.0)
                for name in numbers
            },
        }

    def _people_words(self, alert, people):
        """The first three by name and the others together, so that it adds up."""
        names = self.env["med.consumption"]._source_names()
        words, rest = [], 0.0
        for place, told in enumerate(people):
            *who, units = told
            if place >= NAMED:
                rest += units
                continue
            source, name = who if len(who) == 2 else (who[0], "")
            kind, _colon, detail = source.partition(":")
            known = " · ".join(filter(None, (names.get(kind, kind), detail)))
            said = f"{name} ({known})" if name else known
            words.append(f"{said}: {alert._format_quantity(units)}")
        if len(people) > NAMED:
            words.append(
                self.env._("others: %(units)s", units=alert._format_quantity(rest))
            )
        return ", ".join(words) or "–"
