from . import med_consumption_export_wizard
