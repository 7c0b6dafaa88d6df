from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import TransactionCase, new_test_user


class PurchaseCase(TransactionCase):
    """A store, a ward, an item with a vendor, and one person per role."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.company.med_approval_amount = 1000.0
        if "med_budget_missing" in cls.company._fields:
            # Installed above this floor; these people have no budget.
            cls.company.med_budget_missing = "warn"
        cls.company.partner_id.tz = "Asia/Shanghai"
        cls.plan = cls.env["account.analytic.plan"].create({"name": "Cost centres"})
        cls.company.med_analytic_plan_id = cls.plan
        cls.store_centre, cls.icu_centre, cls.or_centre = cls.env[
            "account.analytic.account"
        ].create(
            [
                {"name": name, "plan_id": cls.plan.id, "company_id": cls.company.id}
                for name in ("Store", "ICU", "Theatre")
            ]
        )
        cls.warehouse = cls.env["stock.warehouse"].create(
            {"name": "Test hospital", "code": "TH", "company_id": cls.company.id}
        )
        cls.store = cls._department("STORE-T", cls.store_centre, kind="store")
        cls.icu = cls._department("ICU-T", cls.icu_centre)
        cls.theatre = cls._department("OR-T", cls.or_centre, kind="theatre")
        cls._make_item()
        cls._make_users()

    @classmethod
    def _department(cls, code, centre, **values):
        return cls.env["med.department"].create(
            {
                "name": code,
                "code": code,
                "analytic_account_id": centre.id,
                "warehouse_id": cls.warehouse.id,
                **values,
            }
        )

    @classmethod
    def _make_item(cls):
        # Input tax that nobody gives back: it has no account and is part of the cost.
        cls.tax = cls.env["account.tax"].create(
            {
                "name": "13 % not deductible",
                "amount": 13.0,
                "type_tax_use": "purchase",
                "price_include_override": "tax_excluded",
                "company_id": cls.company.id,
            }
        )
        cls.vendor = cls.env["res.partner"].create({"name": "Test supplier"})
        cls.categ = cls.env["product.category"].create({"name": "Gloves"})
        cls.gloves = cls._product("Gloves", price=2.50)

    @classmethod
    def _product(cls, name, price=None, **values):
        return cls.env["product.product"].create(
            {
                "name": name,
                "is_storable": True,
                "med_consumable": True,
                "categ_id": cls.categ.id,
                "supplier_taxes_id": [Command.set(cls.tax.ids)],
                "seller_ids": [
                    Command.create(
                        {
                            "partner_id": cls.vendor.id,
                            "price": price,
                            "currency_id": cls.company.currency_id.id,
                        }
                    )
                ]
                if price
                else [],
                **values,
            }
        )

    @classmethod
    def _use_buy_route(cls, product):
        product.route_ids |= cls.warehouse.buy_pull_id.route_id

    @classmethod
    def _make_users(cls):
        def person(login, groups):
            return new_test_user(
                cls.env, login=login, groups=groups, tz="Asia/Shanghai"
            )

        cls.requester = person(
            "p_requester",
            "base.group_user,purchase_request.group_purchase_request_user",
        )
        cls.employee = person("p_employee", "base.group_user")
        cls.ward_manager = person("p_manager", "med_consumables.group_ward_manager")
        cls.ward_manager.med_department_ids = cls.icu
        cls.storekeeper = person("p_store", "med_consumables.group_storekeeper")
        cls.buyer = person("p_buyer", "med_purchase.group_buyer")
        cls.buyer_2 = person("p_buyer_2", "med_purchase.group_buyer")
        cls.approver = person("p_approver", "med_purchase.group_approver")
        cls.auditor = person("p_auditor", "med_consumables.group_auditor")

    @classmethod
    def _request(cls, user=None, quantity=10.0, product=None, **values):
        product = product or cls.gloves
        return (
            cls.env["purchase.request"]
            .with_user(user or cls.requester)
            .create(
                {
                    "department_id": cls.icu.id,
                    "picking_type_id": cls.warehouse.in_type_id.id,
                    "line_ids": [
                        Command.create(
                            {
                                "product_id": product.id,
                                "product_uom_id": product.uom_id.id,
                                "product_qty": quantity,
                            }
                        )
                    ],
                    **values,
                }
            )
        )

    @classmethod
    def _approved(cls, **values):
        request = cls._request(**values)
        request.button_to_approve()
        cls._approve(request)
        return request

    @classmethod
    def _approve(cls, request):
        request.with_user(cls.buyer).validate_tier()
        if request.state == "to_approve":
            request.with_user(cls.approver).validate_tier()
        assert request.state == "approved", request.state

    @classmethod
    def _order(cls, request, user=None):
        """The request for quotation that a buyer makes from ``request``."""
        wizard = (
            cls.env["purchase.request.line.make.purchase.order"]
            .with_user(user or cls.buyer)
            .with_context(active_model="purchase.request", active_ids=request.ids)
            .create({"supplier_id": cls.vendor.id})
        )
        wizard.make_purchase_order()
        return request.sudo().line_ids.purchase_lines.order_id.with_user(
            user or cls.buyer
        )

    @classmethod
    def _receive(cls, order, quantity=None):
        picking = order.sudo().picking_ids.filtered(lambda p: p.state != "done")
        picking = picking.with_user(cls.storekeeper)
        for move in picking.move_ids:
            move.quantity = move.product_uom_qty if quantity is None else quantity
            move.picked = True
        picking.with_context(skip_backorder=True).button_validate()
        return picking

    def _read_form(self, record):
        """Read what the form shows, lines included, with the person's own rights."""
        models = record.get_view(view_type="form")["models"]
        record.read(models[record._name])
        for name in models[record._name]:
            lines = record[name] if record._fields[name].type == "one2many" else ()
            if lines and lines._name in models:
                lines.read(models[lines._name])

    def _rpc(self, user, records, method, *args, context=None, **kwargs):
        """What the same call over RPC would do: rights, private methods, context."""
        model = self.env[records._name].with_user(user)
        arguments = [records.ids, *args] if records else list(args)
        return call_kw(model, method, arguments, {**kwargs, "context": context or {}})
