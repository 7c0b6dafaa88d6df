from . import med_his_cause
from . import med_his_balance
from . import med_his_step
from . import med_his_use_against_charge
