"""Numbers that the paper states in words and our figures mark: where they stand, what it says.

The means from which high frequencies are amplified (Figure 5) stand in `settings.AMPLIFIED`, the
405 Izhikevich neurons in `lsm.neurons.IZHIKEVICH_GRID`, bounds of claims in the file of claims.
"""

from __future__ import annotations

from math import pi

#: Fig. 1, legend: the input to the neuron can exceed 1 a.u., its output cannot.
CEILING = 1.0
#: Neuron Model, and Fig. 1, legend: the static leak constant of that illustration.
K_STATIC = 1.0
#: Neuron Model, and Fig. 1, legend: time constant (s) of the dynamic leak, unless another is named.
TAU_DYN = 1 / 100
#: Computed from `TAU_DYN`: frequency (Hz) where a low-pass filter of first order halves the power.
CUTOFF = 1 / (2 * pi * TAU_DYN)
#: Pseudo-Random Inputs: random noise (s), either way, on every spike time of a presentation.
JITTER = 0.01
#: Network Dynamics, on Fig. 4: in the inhibitory neuron shown, high frequencies build up until
#: about this presentation,
BUILD_UP_UNTIL = 10
#: and fade away after about this one.
FADES_AFTER = 20
#: Network Dynamics, on Fig. 5E: frequencies (Hz) of the input that the leak seems to over-damp.
OVER_DAMPED = (20.0, 200.0)
#: Network Dynamics, on Fig. 6A: the frequencies of the peaks that delays add go with about this
#: power of the mean delay ("inversely proportional").
PEAK_WITH_DELAY = -1
#: Network Dynamics, on Fig. 7A: mean rates (Hz) of the sensors at which high frequencies appear,
SPARSE_RATES = (50, 100)
#: and those at which the neurons' power is lower at all frequencies.
DENSE_RATES = (150, 200)
#: Network Dynamics, on Fig. 7C: numbers of sensors with which high frequencies appear,
SPARSE_SENSORS = (6, 15)
#: and those with which the neurons' power is lower at all frequencies.
DENSE_SENSORS = (30, 50)
#: Network Dynamics, on Fig. 8D, H: a leak in proportion to the synapses damps the largest networks
#: at frequencies well below this one (Hz) too.
DAMPED_WELL_BELOW = 100.0
#: Appendix 1: magnitude (a.u.) of the reversal potentials, which the potential cannot pass.
REVERSAL = 1.0
#: Suppl. Fig. 1, legend: zero-lag cross-correlation of the outputs of the LSM and the H-H model,
LIKENESS = 0.99
#: and by how much (a.u.) the LSM's output is raised there, so that both can be seen.
RAISED_BY = 0.1
