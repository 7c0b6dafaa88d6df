from . import med_budget_check
from . import med_budget_override_wizard
from . import med_budget_spread
from . import med_budget_move
