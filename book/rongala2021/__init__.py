"""The study of Rongala et al. (2021): settings of its figures, what its claims measure, its pages.

Data runs one way::

    settings -> scale.sweep_grid (lsm.run, run_measures, single) -> samples -> judging -> scorecard
                                                                 -> panels, plots, pages
"""

from lsm import keys

keys.watch(__name__)
