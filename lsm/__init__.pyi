"""The public names, for type checkers and for `lsm.__getattr__`, which reads them from here."""

from . import cores as cores
from . import delays as delays
from . import dynamics as dynamics
from . import inputs as inputs
from . import keys as keys
from . import measures as measures
from . import network as network
from . import neurons as neurons
from . import runs as runs
from . import spectrum as spectrum
from . import store as store
from . import sweeps as sweeps
from . import theory as theory
from . import weights as weights
from .cores import available_cores as available_cores, split_cores as split_cores
from .delays import synaptic_lags as synaptic_lags, with_delays as with_delays
from .dynamics import (
    hodgkin_huxley_response as hodgkin_huxley_response,
    internal_activity as internal_activity,
    izhikevich_response as izhikevich_response,
    leak_gain as leak_gain,
    lsm_response as lsm_response,
    simulate as simulate,
)
from .inputs import (
    PSPKernel as PSPKernel,
    bin_spikes as bin_spikes,
    convolve_psp as convolve_psp,
    present as present,
    spike_times as spike_times,
)
from .measures import (
    HIGH_FREQUENCY as HIGH_FREQUENCY,
    REFERENCE_BAND as REFERENCE_BAND,
    band_gain as band_gain,
    band_mean as band_mean,
    band_power as band_power,
    coefficient_of_variation as coefficient_of_variation,
    correlation as correlation,
    crossing as crossing,
    cutoff_frequency as cutoff_frequency,
    gain as gain,
    high_frequency_ratio as high_frequency_ratio,
    loglog_slope as loglog_slope,
    peak_frequencies as peak_frequencies,
    pearson as pearson,
    power_transfer as power_transfer,
)
from .network import (
    CONNECTIVITY as CONNECTIVITY,
    Network as Network,
    neuron_kinds as neuron_kinds,
    scaled_time_constants as scaled_time_constants,
    two_layer as two_layer,
)
from .neurons import (
    IZHIKEVICH_GRID as IZHIKEVICH_GRID,
    LSM as LSM,
    HodgkinHuxley as HodgkinHuxley,
    Izhikevich as Izhikevich,
    izhikevich_grid as izhikevich_grid,
)
from .runs import (
    NETWORK_K_STATIC as NETWORK_K_STATIC,
    Run as Run,
    Setting as Setting,
    generators as generators,
    respond as respond,
    run as run,
    sensory_input as sensory_input,
    sensory_spikes as sensory_spikes,
)
from .spectrum import (
    cwt as cwt,
    highest_frequency as highest_frequency,
    log_frequencies as log_frequencies,
    max_power as max_power,
)
from .sweeps import SweepError as SweepError, sweep as sweep
from .theory import (
    jacobian as jacobian,
    linear_response as linear_response,
    spectral_radius as spectral_radius,
)

from .weights import (
    Binary as Binary,
    Lognormal as Lognormal,
    Normal as Normal,
    WeightDistribution as WeightDistribution,
    weight_distribution as weight_distribution,
)

__version__: str
