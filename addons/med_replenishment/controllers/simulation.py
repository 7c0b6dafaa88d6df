from odoo.exceptions import AccessError, MissingError
from odoo.http import Controller, content_disposition, request, route

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Simulation(Controller):
    """The business case as a workbook."""

    @route("/med_replenishment/simulation/<int:id_>.xlsx", type="http", auth="user")
    def download(self, id_):
        simulation = request.env["med.replenishment.simulation"].browse(id_)
        try:
            simulation.check_access("read")
            content = simulation._workbook()
        except (AccessError, MissingError):
            raise request.not_found() from None
        return request.make_response(
            content,
            headers=[
                ("Content-Type", XLSX),
                ("Content-Disposition", content_disposition(f"{simulation.name}.xlsx")),
            ],
        )
