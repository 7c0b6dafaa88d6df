"""Wait for what the hospital's jobs do in the background."""

import time

PATIENCE_SECONDS = 600
#: Where the alert engine, the posting and the interface leave work to be done.
QUEUES = {
    "messages to be processed": ("med.his.message", [("state", "=", "received")]),
    "use to be posted": ("med.consumption", [("state", "=", "recorded")]),
    "alerts to be looked at": ("med.alert.touch", []),
}


def wait(auditor, say):
    """Until the jobs have nothing left to do, as the auditor sees it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    told, said = time.monotonic(), ""
    while waiting := _waiting(auditor):
        if time.monotonic() > deadline:
            raise TimeoutError(f"Still waiting after {PATIENCE_SECONDS} s: {waiting}")
        if time.monotonic() > told + (3 if waiting != said else 30):
            say(f"  {waiting}")
            told, said = time.monotonic(), waiting
        time.sleep(0.3)


def _waiting(auditor):
    """What is left in each queue, in words."""
    return ", ".join(
        f"{number} {what}"
        for what, (model, domain) in QUEUES.items()
        if (number := auditor.count(model, domain))
    )
