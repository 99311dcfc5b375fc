"""How scripts/bench says what it measured."""

import statistics


def raw(side, values, scale, unit):
    """One side's timings; returns their median."""
    shown = " ".join(f"{value / scale:.3g}" for value in values)
    median = statistics.median(values)
    spread = (max(values) - min(values)) / median
    print(f"   {side}: {shown} {unit}, median {median / scale:.3g}, spread {spread:.0%}", flush=True)
    return median


def judge(line, name, value, bar, at_least=True):
    good = value >= bar if at_least else value <= bar
    sign = ">=" if at_least else "<="
    print(f"{line} {name} {value:.3g} (bar {sign} {bar:g}) {'ok' if good else 'below'}", flush=True)
