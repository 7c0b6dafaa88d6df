from datetime import timedelta

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import new_test_user
from odoo.tools import SQL

from .common import ReplenishmentCase


class TestDemandCorrections(ReplenishmentCase):
    """Requests in vain, substitutes and one-offs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.masks = cls._product("Masks")
        cls.er.stock_keeping = "counted"
        cls.head = new_test_user(
            cls.env,
            "t_head",
            groups="med_consumables.group_ward_manager",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.head.med_department_ids = cls.icu | cls.er
        cls.store_shelf = cls.warehouse.lot_stock_id

    def _request(self, quantity, department=None, product=None):
        request = self.env["med.requisition"].create(
            {
                "department_id": (department or self.er).id,
                "line_ids": [
                    Command.create(
                        {
                            "product_id": (product or self.gloves).id,
                            "asked_qty": quantity,
                        }
                    )
                ],
            }
        )
        request.action_ask()
        request.with_user(self.head).action_approve()
        return request

    def _stock(self, product, quantity):
        self.env["stock.quant"]._update_available_quantity(
            product, self.store_shelf, quantity
        )

    def _serve(self, request):
        """Issue what there is and close the rest."""
        pickings = request.picking_ids
        pickings.action_assign()
        pickings.move_ids.picked = True
        pickings.with_context(
            skip_backorder=True, picking_ids_not_to_backorder=pickings.ids
        ).button_validate()

    def _day(self, product=None, place=None, day=None):
        return self.env["med.demand.day"].search(
            [
                ("product_id", "=", (product or self.gloves).id),
                ("location_id", "=", (place or self.store_shelf).id),
                ("date", "=", day or self.today),
            ]
        )

    def test_what_was_asked_in_vain_is_demand_of_the_store(self):
        self._stock(self.gloves, 4)
        self._serve(self._request(10))
        self._refresh()
        row = self._day()
        self.assertEqual((row.dependent, row.unserved, row.quantity), (4, 6, 10))
        self.assertEqual(self._day(place=self.er.stock_location_id).unserved, 6)

    def test_what_was_asked_again_within_a_week_counts_once(self):
        self._stock(self.gloves, 4)
        self._serve(self._request(10))
        self._stock(self.gloves, 6)
        self._serve(self._request(6))
        self._refresh()
        row = self._day()
        self.assertEqual((row.dependent, row.unserved), (10, 0))

    def test_what_is_asked_again_after_a_night_was_not_in_vain(self):
        before = self.today - timedelta(days=3)
        self._refresh()
        self._stock(self.gloves, 4)
        request = self._request(10)
        self._serve(request)
        request.asked_at = self._moment(before)
        self._refresh()
        self.assertEqual(self._day(day=before).unserved, 6)
        self._stock(self.gloves, 6)
        self._serve(self._request(6))
        self._refresh()
        self.assertFalse(self._day(day=before).quantity)
        self.assertEqual(self._day().quantity, 10)

    def test_where_every_use_is_reported_a_request_counts_only_if_the_shelf_was_empty(
        self,
    ):
        self._stock(self.gloves, 4)
        self._serve(self._request(10, self.icu))
        self._refresh()
        self.assertFalse(self._day(place=self.icu.stock_location_id).unserved)
        self.env["med.demand.day"].create(
            {
                "product_id": self.gloves.id,
                "location_id": self.icu.stock_location_id.id,
                "company_id": self.company.id,
                "date": self.today,
                "stockout": True,
            }
        )
        self._refresh(date_from=self.yesterday)
        self.assertEqual(self._day(place=self.icu.stock_location_id).unserved, 6)

    def _written_days_ago(self, request, days):
        """As if nobody had touched the request since."""
        self.env.flush_all()
        for table, ids in (
            ("med_requisition", request.ids),
            ("med_requisition_line", request.line_ids.ids),
            ("stock_move", request.picking_ids.move_ids.ids),
            ("stock_move_line", request.picking_ids.move_line_ids.ids),
        ):
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET write_date = now() - make_interval(days => %s)"
                    " WHERE id = ANY(%s)",
                    SQL.identifier(table),
                    days,
                    ids,
                )
            )
        self.env.invalidate_all()

    def test_a_shelf_that_gets_empty_days_later_shows_that_it_was_in_vain(self):
        asked = self.today - timedelta(days=4)
        self._refresh()
        self._stock(self.gloves, 4)
        request = self._request(10, self.icu)
        self._serve(request)
        request.asked_at = self._moment(asked)
        self._written_days_ago(request, 4)
        self._refresh()
        shelf = self.icu.stock_location_id
        self.assertFalse(self._day(place=shelf, day=asked).unserved)
        # Use empties the shelf; the night sees it, in its own order of steps.
        rule = self._orderpoint(department=self.icu)
        self.env["stock.quant"].search([("location_id", "=", shelf.id)]).quantity = 0
        self.env["med.reorder.proposal"]._begin_night(rule)
        running = self._day(place=shelf, day=asked).unserved
        self._refresh(date_from=self.today - timedelta(days=30))
        self.assertEqual(running, 6)
        self.assertEqual(self._day(place=shelf, day=asked).unserved, running)

    def test_use_that_found_nothing_shows_it_too(self):
        asked = self.today - timedelta(days=5)
        self._refresh()
        self._stock(self.gloves, 4)
        request = self._request(10, self.icu)
        self._serve(request)
        request.asked_at = self._moment(asked)
        self._written_days_ago(request, 20)
        shelf = self.icu.stock_location_id
        line = self._use(1, self.today - timedelta(days=2))
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE med_consumption SET incident_code = 'no_stock' WHERE id = %s",
            [line.id],
        )
        self.env.invalidate_all()
        self._refresh()
        self.assertEqual(self._day(place=shelf, day=asked).unserved, 6)

    def _cancel(self, request, **values):
        wizard = self.env["med.requisition.reason"].with_user(self.head)
        wizard.create(
            {
                "requisition_ids": request.ids,
                "question": "cancel",
                "reason": "The operation was called off",
                **values,
            }
        ).action_confirm()

    def test_what_was_not_needed_is_no_demand(self):
        request = self._request(40)
        self._cancel(request)
        self.assertEqual(
            (request.state, request.closing_kind), ("cancelled", "not_needed")
        )
        self._refresh()
        self.assertFalse(self._day().unserved)
        request.with_user(self.head).action_redraft()
        self.assertFalse(request.closing_kind)

    def test_the_rest_that_was_not_needed_is_no_demand(self):
        self._stock(self.gloves, 4)
        request = self._request(10)
        picking = request.picking_ids
        picking.action_assign()
        picking.move_ids.picked = True
        picking.with_context(skip_backorder=True).button_validate()
        self.assertEqual(request.state, "partial")
        self._cancel(request)
        self.assertIn(request.state, ("issued", "received"))
        self._refresh()
        row = self._day()
        self.assertEqual((row.dependent, row.unserved), (4, 0))

    def test_who_cancels_because_it_lacked_says_so_and_it_counts(self):
        request = self._request(40)
        self._cancel(request, closing_kind="not_in_stock")
        self._refresh()
        self.assertEqual(self._day().unserved, 40)

    def test_what_the_store_closes_was_not_in_stock(self):
        request = self._request(40)
        request.picking_ids.action_cancel()
        self.assertEqual(request.closing_kind, "not_in_stock")
        self._refresh()
        self.assertEqual(self._day().unserved, 40)

    def test_a_button_reads_its_own_items_only_and_the_night_the_rest(self):
        rule = self._orderpoint()
        self._refresh()
        self._use(5)
        self._use(7, product_id=self.masks.id)
        looked = []
        model = type(self.env["med.demand.day"])
        native = model._changes

        def note(this, since):
            looked.append(since)
            return native(this, since)

        self.patch(model, "_changes", note)
        rule.action_med_propose()
        shelf = self.icu.stock_location_id
        self.assertEqual(len(looked), 1, "what is new is looked for once")
        self.assertEqual(self._day(place=shelf, day=self.yesterday).used, 5)
        self.assertFalse(self._day(self.masks, shelf, self.yesterday))
        self._refresh()
        self.assertEqual(self._day(self.masks, shelf, self.yesterday).used, 7)

    def test_a_substitute_counts_for_the_item_that_was_asked_for(self):
        self._stock(self.masks, 50)
        request = self._request(8)
        self.env["med.requisition.substitute"].create(
            {
                "requisition_line_id": request.line_ids.id,
                "product_id": self.masks.id,
                "quantity": 8,
                "reason": "Gloves are out",
            }
        ).action_confirm()
        self._serve(request)
        self._refresh()
        asked, issued = self._day(self.gloves), self._day(self.masks)
        self.assertEqual((asked.credited, asked.quantity), (8, 8))
        self.assertEqual((issued.dependent, issued.credited), (8, -8))
        self.assertEqual(issued.quantity, 0)

    def test_a_substitute_counts_in_the_ratio_of_its_link(self):
        self._stock(self.masks, 50)
        self.env["med.substitute"].create(
            {
                "product_id": self.gloves.id,
                "substitute_id": self.masks.id,
                "ratio": 2,
            }
        )
        request = self._request(8)
        self.env["med.requisition.substitute"].create(
            {
                "requisition_line_id": request.line_ids.id,
                "product_id": self.masks.id,
                "quantity": 8,
                "reason": "Gloves are out",
            }
        ).action_confirm()
        self._serve(request)
        self._refresh()
        asked, issued = self._day(self.gloves), self._day(self.masks)
        self.assertEqual((asked.credited, asked.quantity), (8, 8))
        self.assertEqual((issued.dependent, issued.credited), (16, -16))

    def test_the_running_update_finds_what_a_rebuild_finds(self):
        self._refresh()
        self._stock(self.gloves, 4)
        self._serve(self._request(10))
        self._refresh()
        running = self._day().read(["dependent", "unserved", "quantity"])
        self._refresh(date_from=self.today - timedelta(days=30))
        again = self._day().read(["dependent", "unserved", "quantity"])
        for row in running + again:
            row.pop("id")
        self.assertEqual(running, again)

    # --- one-offs --------------------------------------------------------------------

    def _project(self, quantity=400, days_ago=40):
        self._use_daily(10, 120)
        day = self.today - timedelta(days=days_ago)
        self._use(quantity, day, department_id=self.icu.id)
        self._refresh()
        return day

    def _one_offs(self):
        return self.env["med.demand.one.off"].search(
            [("product_id", "=", self.gloves.id)]
        )

    def test_a_project_is_left_out_of_the_forecast_and_stays_in_the_table(self):
        day = self._project()
        one_off = self._one_offs().filtered(
            lambda o: o.location_id == self.icu.stock_location_id
        )
        self.assertEqual((one_off.date, one_off.usual), (day, 10))
        self.assertEqual((one_off.quantity, one_off.left_out), (410, 400))
        row = self._day(place=self.icu.stock_location_id, day=day)
        self.assertEqual((row.quantity, row.one_off), (410, 400))
        rule = self._orderpoint()
        daily, _unseen, _heirs = self.env["med.reorder.proposal"]._history(
            rule, self.yesterday
        )
        self.assertEqual(daily.max(), 10)

    def test_the_store_leaves_the_project_of_a_ward_out_too(self):
        day = self._project()
        self.assertEqual(self._day(day=day).one_off, 400)

    def test_a_ward_that_counts_does_not_empty_the_day_of_the_store(self):
        self.icu.stock_keeping = "counted"
        self._stock(self.gloves, 500)
        self._use_daily(10, 120, historical=False)
        day = self.today
        self._use(400, day, historical=False)
        self._serve(self._request(200, self.er))
        self._refresh()
        shelf = self._day(place=self.icu.stock_location_id, day=day)
        self.assertGreater(shelf.one_off, 0)
        row = self._day(day=day)
        self.assertEqual((row.dependent, row.one_off), (200, 0))

    def test_a_typo_that_was_taken_back_takes_its_mark_with_it(self):
        self._use_daily(10, 120)
        day = self.today - timedelta(days=40)
        wrong = self._use(990, day)
        self._refresh()
        row = self._day(place=self.icu.stock_location_id, day=day)
        self.assertEqual(row.one_off, 990)
        self._use(990, day, kind="return", reversal_of_id=wrong.id)
        self._refresh()
        row = self._day(place=self.icu.stock_location_id, day=day)
        self.assertEqual((row.quantity, row.one_off), (10, 0))
        self.assertFalse(self._one_offs())

    def test_a_day_marked_by_hand_follows_its_correction(self):
        self._use_daily(10, 30)
        wrong = self._use(90, self.yesterday)
        self._refresh()
        row = self._day(place=self.icu.stock_location_id, day=self.yesterday)
        row.action_mark_one_off()
        self.assertEqual(row.one_off, 90)
        self._use(80, self.yesterday, kind="return", reversal_of_id=wrong.id)
        self._refresh()
        row = self._day(place=self.icu.stock_location_id, day=self.yesterday)
        self.assertEqual((row.quantity, row.one_off), (20, 10))
        mark = self._one_offs().filtered(lambda o: o.date == self.yesterday)
        self.assertEqual((mark.quantity, mark.left_out), (20, 10))

    def test_what_a_planner_calls_real_is_read_and_not_found_again(self):
        day = self._project()
        self._one_offs().action_real()
        row = self._day(place=self.icu.stock_location_id, day=day)
        self.assertEqual(row.one_off, 0)
        self._refresh(date_from=self.today - timedelta(days=200))
        row = self._day(place=self.icu.stock_location_id, day=day)
        self.assertEqual(row.one_off, 0)
        self.assertEqual(set(self._one_offs().mapped("state")), {"real"})
        self._one_offs().action_leave_out()
        self.assertEqual(row.one_off, 400)

    def test_what_comes_again_is_a_habit_and_no_project(self):
        self._use_daily(10, 120)
        for days_ago in (20, 50, 80, 110):
            self._use(400, self.today - timedelta(days=days_ago))
        self._refresh()
        self.assertFalse(self._one_offs())

    def test_marks_survive_a_rebuild(self):
        day = self._project()
        self._refresh(date_from=self.today - timedelta(days=200))
        row = self._day(place=self.icu.stock_location_id, day=day)
        self.assertEqual((row.quantity, row.one_off), (410, 400))

    def test_a_planner_marks_a_day_by_hand(self):
        self._use_daily(10, 30)
        self._use(25, self.yesterday)
        self._refresh()
        row = self._day(place=self.icu.stock_location_id, day=self.yesterday)
        self.assertEqual(row.one_off, 0)
        row.action_mark_one_off()
        self.assertEqual(row.one_off, 25)
        usual = self._day(
            place=self.icu.stock_location_id, day=self.today - timedelta(days=5)
        )
        with self.assertRaisesRegex(UserError, "not above the usual"):
            usual.action_mark_one_off()

    def test_the_explanation_has_the_figures_in_both_languages(self):
        self._project()
        self.env["res.lang"]._activate_lang("zh_CN")
        one_off = self._one_offs()[:1]
        for lang in ("en_US", "zh_CN"):
            text = one_off.with_context(lang=lang).explanation
            for figure in ("410", "10", "400"):
                self.assertIn(figure, text)
        self.assertIn("预测", one_off.with_context(lang="zh_CN").explanation)

    def test_history_of_requests_counts_what_was_not_issued(self):
        line = self._use(5, department_id=self.er.id)
        self.env["med.history"].create(
            {
                "company_id": self.company.id,
                "kind": "requisition",
                "department_id": self.er.id,
                "product_id": self.gloves.id,
                "uom_id": self.gloves.uom_id.id,
                "quantity": 5,
                "asked": 9,
                "event_time": self._moment(self.yesterday),
                "source": "test",
                "external_key": "1",
                "consumption_id": line.id,
            }
        )
        self._refresh()
        row = self._day(place=self.er.stock_location_id, day=self.yesterday)
        self.assertEqual((row.used, row.unserved), (5, 4))
        self.assertEqual(self._day(day=self.yesterday).quantity, 9)
