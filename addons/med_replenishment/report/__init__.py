from . import med_supply_line
