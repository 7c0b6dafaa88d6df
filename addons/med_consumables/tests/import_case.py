import base64
import io

from openpyxl import Workbook

from .common import ConsumablesCase

ITEM_HEADERS = ["物资编码", "物资名称", "单位", "收费编码", "产品标识"]
NAME = "Piece of the tests"  # a unit


class ImportCase(ConsumablesCase):
    """A storekeeper, an administrator and files of theirs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "med_consumables.group_"
        cls.storekeeper = cls._user("storekeeper", group + "storekeeper")
        cls.administrator = cls._user("administrator", group + "administrator")
        cls.gloves.default_code = "GL1"
        cls.unit = cls.env["uom.uom"].create({"name": NAME})
        cls.gloves.uom_id = cls.unit

    def _file(self, *lines):
        book = Workbook()
        for line in lines:
            book.active.append(list(line))
        stream = io.BytesIO()
        book.save(stream)
        return base64.b64encode(stream.getvalue())

    def _import(self, *lines, user=None, file=None, **values):
        return (
            self.env["med.import"]
            .with_user(user or self.administrator)
            .create(
                {
                    "file": file or self._file(*lines),
                    "filename": "list.xlsx",
                    "lang": "en_US",
                    **values,
                }
            )
        )

    def _items(self, *lines, **values):
        return self._import(ITEM_HEADERS, *lines, **values)

    def _faults(self, job):
        return [
            (fault.cell, fault.code)
            for fault in job.fault_ids.sorted(lambda f: (f.row, f.position))
        ]

    def _known(self, code):
        return self.env["product.template"].search([("default_code", "=", code)])
