"""States in which deviations grow, of made-up networks."""

import numpy as np
import xarray as xr

from rongala2021 import claim_measures
from rongala2021.growing import beside_hf, growing_states, in_groups, n_seen_growing

RADII = xr.DataArray(
    [
        [0.5, 1.5, 0.5, 1.0, 0.5, 0.5, 0.5, 0.5],
        [0.5, 0.5, 0.5, 1.2, 0.5, 0.5, 0.5, 1.2],
        [1.1, 0.5, 1.1, 0.5, 1.1, 0.5, 1.1, 0.5],
        [0.9] * 8,
    ],
    dims=("network", "instant"),
)


def test_states_in_which_deviations_grow_are_counted_by_time():
    found = growing_states(RADII)
    np.testing.assert_array_equal(found["share"], [2 / 8, 2 / 8, 4 / 8, 0])
    np.testing.assert_allclose(found["above"], [1.25, 1.2, 1.1, np.nan])


def test_how_many_networks_are_seen_to_grow_depends_on_how_often_one_looks():
    # The last instant is always among them, as in a run that is looked at less often.
    assert [n_seen_growing(RADII, n) for n in (1, 2, 4, 8)] == [1, 2, 2, 3]


def test_groups_are_told_by_time_and_by_how_often_they_are_looked_at():
    radii = np.full((2, 40), 0.5)
    radii[0, 39], radii[1, 3:13] = 1.2, 1.1  # late and short; long, and over before the others
    found = in_groups(
        {
            "some": xr.DataArray(radii, dims=("network", "instant")),
            "late": xr.DataArray(np.empty((2, 0)), dims=("network", "instant")),
        },
        n_steps=3,
    )
    assert found["networks"] == ["some"]
    assert found["instants"] == [40]
    np.testing.assert_allclose(found["share of time, mean (%)"], 100 * 11 / 80)
    np.testing.assert_allclose(found["largest (%)"], 25)
    np.testing.assert_allclose(found["radius in such states, mean over networks"], 1.15)
    np.testing.assert_allclose(found["growth by that in 3 steps"], 1.15**3)
    seen = [n for name, n in found.items() if name.startswith("seen")]
    assert seen == [[1], [2], [2]]


def test_time_in_growing_states_is_ranked_with_hf_network_by_network():
    rng = np.random.default_rng(0)
    shares = {"normal": np.zeros((2, 6)), "binary": rng.permuted([[0, 1, 2, 3, 4, 5]] * 2, axis=1)}
    instants = np.arange(10)
    radii = {
        kind: xr.DataArray(
            np.where(instants < each[..., None], 1.1, 0.9),
            coords={"setting": [0, 1], "network": range(6), "instant": instants},
        )
        for kind, each in shares.items()
    }
    hf = xr.DataArray(
        rng.random((2, 2, 6)),
        coords={"kind": ["binary", "normal"], "mean": [0.1, 0.4], "network": range(6)},
    )
    found = beside_hf(radii, hf)
    assert np.isnan(found["rho"].sel(kind="normal")).all()
    np.testing.assert_allclose(found["share"].sel(kind="binary"), 0.25)
    np.testing.assert_allclose(found["share"].sel(kind="normal"), 0)
    for i, mean in enumerate((0.1, 0.4)):
        expected = claim_measures.spearman(shares["binary"][i], hf.sel(kind="binary", mean=mean))
        one = found.sel(kind="binary", mean=mean)
        np.testing.assert_allclose((one["rho"], one["low"], one["high"]), expected)
