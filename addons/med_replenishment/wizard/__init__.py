from . import med_alert_trace
from . import med_duty_roster_import
