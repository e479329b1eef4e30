"""The study's calls refuse a wrong argument by its name, as the engine's do."""

import numpy as np

from lsm.runs import Setting, run
from rongala2021.claim_measures import build_up, fading, overlap, spearman
from rongala2021.linear import stability
from rongala2021.run_measures import (
    high_frequencies,
    input_power,
    network_power,
    spectra,
)
from rongala2021.scale import Scale
from rongala2021.spectra import Spectrum
from rongala2021.transients import n_excursions
from tests.refusals import (
    NAN,
    NEGATIVE,
    NO_COUNT,
    NO_INTEGER,
    NO_NUMBER,
    NOT_POSITIVE,
    RNG,
    accepted,
    assert_refused,
    no_array,
    refused,
    shapes,
)

X = RNG.random(400)
FREQS = np.array([5.0, 20.0, 100.0, 200.0])
RESULT = run(Setting(sizes=(1, 1), n_sensors=2, n_presentations=2, duration=0.1), seed=0)
SPECTRUM = Spectrum(freqs=FREQS)


def measured(measure):
    """The measure with the fields of its spectrum as arguments."""

    def call(**fields):
        return measure(RESULT, spectrum=Spectrum(**fields))

    call.__qualname__ = measure.__qualname__
    return call


NO_FREQS = (*no_array(4), *shapes((), (2, 2)), [0.0], [-5.0, 10.0], [500.1], [10.0, 1e9])
TABLE = [
    (
        spearman,
        {"x": FREQS, "y": np.array([1.0, 3.0, 2.0, 4.0])},
        {
            "x": (*shapes((), (4, 1)), "text", None, np.full(4, NAN)),
            "y": (*shapes((), (3,), (4, 1)), "text", None),
            "confidence": (0.0, 1.0, *NO_NUMBER),
        },
    ),
    (
        overlap,
        {"lower": np.ones(4), "higher": np.ones(2)},
        {
            "lower": (*shapes((), (4, 1)), "text", None),
            "higher": (*shapes((), (4, 1)), "text", None),
        },
    ),
    (
        build_up,
        {"ratio": np.ones(20)},
        {
            "ratio": (*shapes((), (19,), (20, 2), (2, 0)), []),
            "first": (0, 1, *NO_INTEGER),
            "last": (4, *NO_INTEGER),
        },
    ),
    (
        fading,
        {"ratio": np.ones(20)},
        {"ratio": (*shapes((), (2, 0)), []), "width": NO_COUNT, "n_last": NO_COUNT},
    ),
    (
        n_excursions,
        {"x": X, "dt": 1e-3},
        {
            "x": no_array(400),
            "dt": NOT_POSITIVE,
            "cutoff": (500.0, *NOT_POSITIVE),  # Nyquist
            "threshold": NOT_POSITIVE,
            "scale_of": shapes((), (399,), (2, 400)),
            "apart_from": (*no_array(400)[:-2], *shapes((), (399,), (2, 400))),
            "apart": NEGATIVE,
        },
    ),
    *(
        (
            measured(measure),
            {"freqs": FREQS},
            {
                "freqs": NO_FREQS,
                "warm_up": (*NEGATIVE, 0.1),  # the whole first presentation
                "wavelet": ("unknown", ""),
                "ends": ("unknown", ""),
            },
        )
        for measure in (spectra, high_frequencies, network_power, input_power)
    ),
    (measured(high_frequencies), {"freqs": FREQS}, {"freqs": (FREQS / 100,)}),
    (stability, {"result": RESULT}, {"n_instants": NO_INTEGER}),
    (
        Scale,
        {"seed": 0, "n_networks": 2, "spectrum": SPECTRUM},
        {"seed": NO_INTEGER, "n_networks": NO_COUNT, "spectrum": (None, FREQS)},
    ),
]


@accepted(TABLE)
def test_the_arguments_that_the_table_calls_valid_are_accepted(call, valid):
    call(**valid)


@refused(TABLE)
def test_a_wrong_argument_is_refused_by_its_name(call, valid, argument, values):
    assert_refused(call, valid, argument, values)
