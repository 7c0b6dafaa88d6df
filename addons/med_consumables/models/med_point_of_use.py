from base64 import urlsafe_b64decode, urlsafe_b64encode

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..core.sealing import SealError
from ..core.wristband import prefixes_of, visit_of
from .keyring import load_keyring

#: As many scans as a screen shows after they were recorded.
FOLLOWED = 50
#: More suggestions than fit on a phone help nobody.
SUGGESTIONS = 12


class MedPointOfUse(models.AbstractModel):
    """The screen at the bedside asks here: who may scan where, what a code says.

    What was scanned comes in through ``record`` (see med_point_of_use_record.py). Every
    method that a browser calls checks who asks: there is no table that would.
    """

    _name = "med.point.of.use"
    _description = "Point of Use"

    @api.model
    def open_screen(self):
        """What the screen needs before the first scan."""
        departments = self._departments()
        departments.fetch(["name", "code", "company_id"])
        own = self.env.user.med_department_ids
        return {
            "departments": [
                {
                    "id": department.id,
                    "name": department.name,
                    "code": department.code,
                    "own": department in own,
                    "wristbands": self._wristband_prefixes(department),
                }
                for department in departments
            ],
            "visits": bool(self._keyring()),
            "follows": self._follows_up(),
        }

    @api.model
    def follow_up(self, department_id, keys):
        """What became of recorded scans beyond the ledger, for the screen to show.

        ``keys`` are of scans that this screen recorded. ``notices`` are sentences about
        the department; ``scans`` has ``level`` and ``text`` by key.
        """
        department = self._department(department_id)
        keys = [key for key in keys or () if isinstance(key, str)][:FOLLOWED]
        return self._follow_up(department, keys)

    @api.model
    def read_code(self, code, department_id, first=None):
        """What a code says: see ``_understood``; ``error`` says why it says nothing.

        ``first`` is the answer for the other barcode of the same pack, if one waits.
        """
        department = self._department(department_id)
        try:
            return self._understood(self._scan(code, department, first))
        except UserError as refusal:
            return {"kind": "unknown", "error": str(refusal), "warnings": []}

    @api.model
    def read_wristband(self, code, department_id):
        """The visit of a wristband: shown on the screen and kept nowhere.

        ``token`` alone may be stored; it is False where no visit can be kept. It is
        sealed: whoever reads it cannot look for the visit's lines with it.
        """
        department = self._department(department_id)
        visit = self._visit_of(code, department)
        token = visit.get("token") or self._visit_token(code, department)
        if token:
            self._keep_visit(token, code, department)
        return {
            "label": visit.get("label") or "",
            "warnings": visit.get("warnings") or [],
            "token": bool(token) and self._ticket_of_token(token, department),
        }

    @api.model
    def find_items(self, term, department_id):
        """Items by name, pinyin or any code, those on the department's shelf first."""
        department = self._department(department_id)
        found = self.env["product.product"].name_search(
            term, [("med_consumable", "=", True)], limit=4 * SUGGESTIONS
        )
        products = self.env["product.product"].browse(item[0] for item in found)
        on_shelf = self._on_shelf(department, products)
        products = products.sorted(lambda item: item.id not in on_shelf)[:SUGGESTIONS]
        return [
            {**item, "on_hand": on_shelf.get(product_id, 0.0)}
            for product_id, item in self._items(products).items()
        ]

    # ---- What becomes of scans -------------------------------------------------------

    @api.model
    def _follows_up(self):
        """Extension point: whether anything becomes of scans beyond the ledger."""
        return False

    @api.model
    def _follow_up(self, department, keys):
        """Extension point: see ``follow_up``; add to what is returned."""
        return {"notices": [], "scans": {}}

    # ---- Who may scan where ----------------------------------------------------------

    @api.model
    def _departments(self):
        """Departments whose use this person may record."""
        user = self.env.user
        Department = self.env["med.department"]
        if user.has_group("med_consumables.group_storekeeper"):
            return Department.search([("company_id", "in", self.env.companies.ids)])
        if user.has_group("med_consumables.group_ward_user"):
            return Department.search([("id", "child_of", user.med_department_ids.ids)])
        raise AccessError(
            self.env._(
                "Only ward staff and storekeepers record use; "
                "ask an administrator for the role."
            )
        )

    @api.model
    def _department(self, department_id):
        department = self._departments().filtered(lambda d: d.id == department_id)
        if not department:
            raise AccessError(
                self.env._(
                    "You do not work for this department. "
                    "Choose one of your own departments."
                )
            )
        return department

    # ---- What a code says ------------------------------------------------------------

    @api.model
    def _scan(self, code, department, first=None):
        return self.env["med.scan"]._read(code, department=department, first=first)

    @api.model
    def _understood(self, values):
        """What was read, as the screen shows it and a browser can keep it.

        It may come back as the ``first`` of two barcodes.
        """
        answer = dict(values)
        for name in ("expiry", "production"):
            answer[name] = fields.Date.to_string(values.get(name)) or ""
        if product_id := values.get("product_id"):
            product = self.env["product.product"].browse(product_id)
            answer.update(self._items(product)[product.id])
        return answer

    @api.model
    def _items(self, products):
        """Items in a few words; ``picture`` is the address of the photo, if any."""
        pictured = self._with_picture(products)
        return {
            product.id: {
                "product_id": product.id,
                "name": product.display_name,
                "unit": product.uom_id.name,
                "traced": product.tracking != "none",
                "picture": (
                    f"/web/image/product.product/{product.id}/image_128"
                    if product.product_tmpl_id.id in pictured
                    else ""
                ),
            }
            for product in products
        }

    @api.model
    def _with_picture(self, products):
        # Whoever may see an item may see its photo; files are not listed to everybody.
        groups = (
            self.env["ir.attachment"]
            .sudo()
            ._read_group(
                [
                    ("res_model", "=", "product.template"),
                    ("res_field", "=", "image_128"),
                    ("res_id", "in", products.product_tmpl_id.ids),
                ],
                ["res_id"],
            )
        )
        return {template for (template,) in groups}

    # ---- Whose visit it is -----------------------------------------------------------

    @api.model
    def _visit_of(self, code, department):
        """Extension point: the visit that the hospital's system knows by a wristband.

        Returns {} where nobody can be asked, else ``label`` (bed and masked name, for
        the eye alone), ``warnings`` (another department, discharged) and ``token``.
        Nothing of it but the token may be stored.
        """
        return {}

    @api.model
    def _visit_token(self, code, department):
        """The token of a wristband, as the hospital's messages get it for that visit;
        False without keys: then the visit is not kept."""
        ring, visit = self._keyring(), self._wristband(code, department)
        if not ring or not visit:
            return False
        return ring.token("visit", visit, str(department.company_id.id))

    @api.model
    def _keep_visit(self, token, code, department):
        """Extension point: a wristband was read whose visit may be recorded."""

    @api.model
    def _ticket_of_token(self, token, department):
        """What a device keeps of a visit: the token, sealed for this company."""
        ring = self._keyring()
        if not ring:
            return False
        sealed = ring.seal(token.encode(), self._ticket_scope(department))
        return urlsafe_b64encode(sealed).decode()

    @api.model
    def _token_of_ticket(self, ticket, department):
        try:
            sealed, ring = urlsafe_b64decode(ticket), self._keyring()
            scope = self._ticket_scope(department)
            return bool(ring) and ring.unseal(sealed, scope).decode()
        except (ValueError, SealError) as error:
            raise UserError(
                self.env._(
                    "The visit of this scan cannot be read. Scan the wristband again."
                )
            ) from error

    @api.model
    def _ticket_scope(self, department):
        return f"visit at the bedside,{department.company_id.id}"

    @api.model
    def _keyring(self):
        try:
            return load_keyring(self.env)
        except UserError:
            return None  # a hospital without keys keeps no visits

    @api.model
    def _wristband(self, code, department):
        """The visit's identifier on a wristband; any code scanned as one counts."""
        return visit_of(code, self._wristband_prefixes(department)) or code.strip()

    @api.model
    def _wristband_prefixes(self, department):
        # Nurses may not read settings; how a wristband begins is no secret.
        return prefixes_of(department.company_id.sudo().med_wristband_prefixes)
