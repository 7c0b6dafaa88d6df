from . import test_consumption_export
from . import test_consumption_report
from . import test_core_has_no_odoo
from . import test_workbook
