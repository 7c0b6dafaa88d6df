from . import med_his_key_issue
from . import med_his_give_up
from . import med_his_assistant
from . import med_his_assistant_reader
from . import med_his_find_use
from . import med_his_ignore
from . import med_his_trial
from . import med_his_event_export
