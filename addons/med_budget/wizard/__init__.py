from . import med_budget_check
from . import med_budget_override_wizard
