from . import med_alert_quality
