"""What a reader ticks, of full size: choices as wide as the study's, counts by chance."""

from itertools import product
from typing import Any

import numpy as np

#: Networks of each reading, and targets that each of them may meet.
N = 20
TARGETS = (
    "layer 2",
    "HF",
    "4b",
    "4c",
    "S5",
    "S7",
    "5a",
    "5b",
    "6b",
    "7a",
    "7b",
    "8b",
    "8d",
    "leak",
)


def _level(name: str, stance: str, sentence: str = "") -> dict[str, str]:
    return {"id": name.replace(" ", "-"), "name": name, "stance": stance, "sentence": sentence}


def _choices() -> list[dict[str, Any]]:
    """Those of the paper's networks; the sentences are ours."""
    all_hear = "Neurons of both layers are connected with each other, within and between them."
    levels = {
        "update": (
            _level("together", "silent"),
            _level("in turn", "silent"),
            _level("layer by layer", "silent"),
        ),
        "denominator": (
            _level("sum of magnitudes", "says", "Eq. 1: Σ |w a| < 1 & more."),
            _level("magnitude of the sum", "against", "Eq. 1: Σ |w a| < 1 & more."),
        ),
        "hears": (
            _level("all", "says", all_hear),
            _level("no INs of layer 1", "against", all_hear),
            _level("INs within their layer only", "against", all_hear),
        ),
        "sensors": (
            _level("ENs and INs", "says", "Sensors project to all neurons of layer 1."),
            _level("ENs only", "against", "Sensors project to all neurons of layer 1."),
        ),
        "inhibition": (_level("as strong", "silent"), _level("0.8 times", "silent")),
        "plotted": (
            _level("activity", "says", "The activity is not below zero."),
            _level("internal activity", "silent", "The legends name the “internal activity”."),
        ),
    }
    names = {
        "update": "Order of update",
        "denominator": "Denominator of <Eq. 1>",
        "hears": "What layer 2 hears",
        "sensors": "Sensors project to",
        "inhibition": "Inhibition",
        "plotted": "What is plotted",
    }
    return [{"id": i, "name": names[i], "levels": list(each)} for i, each in levels.items()]


def _alone() -> list[dict[str, Any]]:
    """Those that are changed one at a time."""
    noise = "Each presentation adds random noise of ±10 ms to the spikes."
    walks = ("a walk of", "a lossy walk of")
    steps = [_level(f"{walk} {ms} ms", "against", noise) for walk in walks for ms in (1, 2, 5, 10)]
    tau = "The time constant grows with the number of synapses."
    laws = ("normal", "lognormal", "binary")
    return [
        {
            "id": "jitter",
            "name": "Jitter",
            "touches": ["4b", "4c"],
            "levels": [_level("independent", "says", noise), *steps],
        },
        {
            "id": "tau",
            "name": "Time constant",
            "touches": ["8d"],
            "levels": [_level("10 ms at 5x4", "silent", tau), _level("i times 1 ms", "says", tau)],
        },
        {
            "id": "weights",
            "name": "Weights",
            "touches": ["4c", "6b", "7a"],
            "levels": [_level(law, "silent") for law in laws],
        },
    ]


def data(seed: int = 0) -> dict[str, Any]:
    """All that the page is given."""
    rng = np.random.default_rng(seed)
    choices, alone = _choices(), _alone()
    readings = list(product(*(range(len(choice["levels"])) for choice in choices)))
    chance = rng.random((len(readings), len(TARGETS)))
    counts = rng.binomial(N, chance).astype(object)
    # Transients of internal activity are not measured.
    plotted = [levels[-1] for levels in readings]
    counts[np.equal(plotted, 1), TARGETS.index("S5")] = None
    rows = [
        {
            "k_static": float(np.round(rng.uniform(0.001, 0.3), 4)),
            "calibrated": bool(rng.random() < 0.9),
            "counts": [k if k is None else int(k) for k in row],
        }
        for row in counts
    ]
    # As printed, the best by targets, and the best of those that contradict nothing.
    score = [sum(2 * k > N for k in row["counts"] if k is not None) for row in rows]
    faithful = [
        not any(c["levels"][i]["stance"] == "against" for c, i in zip(choices, levels, strict=True))
        for levels in readings
    ]
    most = int(np.argmax(score))
    allowed = int(np.argmax(np.where(faithful, score, -1)))
    presets = {"as printed": 0, "most targets": most, "best that the text allows": allowed}
    beside = [
        {
            "row": row,
            "choice": choice["id"],
            "level": level,
            "counts": {name: int(rng.integers(N + 1)) for name in choice["touches"]},
        }
        for row in sorted({0, most})
        for choice in alone
        for level in range(1, len(choice["levels"]))
        # One is not measured.
        if (row, choice["id"], level) != (most, "weights", 2)
    ]
    return {
        "choices": choices,
        "alone": alone,
        "targets": [
            {
                "id": name,
                "name": f"Observation <{name}> of the networks",
                "where": f"Fig. {i + 1}",
                "criterion": f"it is ≥ {i / 4}",
            }
            for i, name in enumerate(TARGETS)
        ],
        "n": N,
        "rows": rows,
        "beside": beside,
        "presets": [{"name": name, "levels": [*readings[row]]} for name, row in presets.items()],
    }
