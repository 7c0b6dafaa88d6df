from . import test_consumption_export
from . import test_consumption_report
from . import test_workbook
