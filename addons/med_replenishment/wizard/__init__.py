from . import med_duty_roster_import
