"""What each claim measures, from the datasets of its figure.

Pages of the book measure at full scale; the page on readings repeats it, smaller, under other
readings of the text. So what a claim measures stands once, here.
"""

from rongala2021.samples.beyond import samples_d1, samples_d2, samples_d3
from rongala2021.samples.delays import (
    PEAK_WITHIN,
    added_peaks,
    delay_slopes,
    over_no_delay,
    peaks_kept,
    peaks_left,
    samples_6,
)
from rongala2021.samples.network import (
    samples_4,
    samples_4d,
    samples_build_up,
    samples_hf,
    samples_s6,
    samples_s7,
)
from rongala2021.samples.neuron import (
    RATES_3G,
    beaten,
    samples_1,
    samples_1_static,
    samples_2,
    samples_3,
    samples_3g,
    samples_appendix,
    samples_k1,
    samples_s1,
    samples_s4,
    samples_s5,
)
from rongala2021.samples.rows import (
    Labelled,
    Samples,
    along,
    largest,
    mean,
    n_not_falling,
    samples_of,
    smallest,
)
from rongala2021.samples.sizes import (
    cutoffs,
    growing_leak,
    largest_of_sizes,
    samples_8,
    samples_s8,
    spread_over_one_size,
    structure,
)
from rongala2021.samples.weights import samples_5, samples_5a, samples_7, thresholds

__all__ = [
    "PEAK_WITHIN",
    "RATES_3G",
    "Labelled",
    "Samples",
    "added_peaks",
    "along",
    "beaten",
    "cutoffs",
    "delay_slopes",
    "growing_leak",
    "largest",
    "largest_of_sizes",
    "mean",
    "n_not_falling",
    "over_no_delay",
    "peaks_kept",
    "peaks_left",
    "samples_1",
    "samples_1_static",
    "samples_2",
    "samples_3",
    "samples_3g",
    "samples_4",
    "samples_4d",
    "samples_5",
    "samples_5a",
    "samples_6",
    "samples_7",
    "samples_8",
    "samples_appendix",
    "samples_build_up",
    "samples_d1",
    "samples_d2",
    "samples_d3",
    "samples_hf",
    "samples_k1",
    "samples_of",
    "samples_s1",
    "samples_s4",
    "samples_s5",
    "samples_s6",
    "samples_s7",
    "samples_s8",
    "smallest",
    "spread_over_one_size",
    "structure",
    "thresholds",
]
