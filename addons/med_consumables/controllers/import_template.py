from odoo.http import Controller, content_disposition, request, route

from ..core.import_template import template
from ..models.med_import_column import COLUMNS

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ImportTemplate(Controller):
    """Empty tables to fill in."""

    @route("/med_consumables/import_template/<kind>", type="http", auth="user")
    def download(self, kind):
        if kind not in COLUMNS or not request.env["med.import"].has_access("create"):
            raise request.not_found()
        names = {"items": "物资目录模板.xlsx", "history": "历史数据模板.xlsx"}
        return request.make_response(
            template(COLUMNS[kind]),
            headers=[
                ("Content-Type", XLSX),
                ("Content-Disposition", content_disposition(names[kind])),
            ],
        )
