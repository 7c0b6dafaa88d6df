from . import med_consumption_report
from . import report_consumption_xlsx
from . import report_consumption_words
