from . import med_alert_trace
from . import med_duty_roster_import
from . import med_reorder_run
