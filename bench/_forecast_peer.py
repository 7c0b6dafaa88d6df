"""statsforecast's DynamicOptimizedTheta, in its own environment.

Reads {"past": rows, "cycle": n, "horizon": h} on standard input, writes the forecasts
and the seconds of the forecast itself, imports and compilation aside, as JSON.
"""

import json
import resource
import sys
import time

import numpy as np
from statsforecast.models import DynamicOptimizedTheta

asked = json.load(sys.stdin)
past = [np.array(row, float) for row in asked["past"]]
model = DynamicOptimizedTheta(season_length=asked["cycle"])
model.forecast(past[0], h=asked["horizon"])
began = time.perf_counter()
mean = []
for row in past:
    try:
        mean.append(model.forecast(row, h=asked["horizon"])["mean"].tolist())
    except (ValueError, ArithmeticError):  # what it cannot fit gets its last value
        mean.append([float(row[-1])] * asked["horizon"])
seconds = time.perf_counter() - began
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
json.dump({"mean": mean, "seconds": seconds, "peak_mb": peak}, sys.stdout)
