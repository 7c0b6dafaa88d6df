from . import med_alert_decision
