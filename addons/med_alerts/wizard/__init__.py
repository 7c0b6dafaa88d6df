from . import med_alert_decision
from . import med_alert_step
from . import med_alert_trace
