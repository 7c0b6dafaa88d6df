from . import med_record_use
