"""Figures of the combined readings on records that are made up."""

import numpy as np

from rongala2021 import multiverse_panels as panels
from rongala2021.multiverse_scores import by_level, front
from tests.study.test_multiverse_scores import DESIGN, TARGETS, N, met, records, row


def some():
    rng = np.random.default_rng(3)
    counts = {i: rng.integers(0, N + 1, len(TARGETS)).tolist() for i in range(144)}
    return records(counts, confirmed=(row(DESIGN.rows()[9], met(3)),))


def test_each_choice_has_a_map_with_the_share_at_each_level():
    found = some()
    axes = panels.effects_figure(found, DESIGN).axes
    assert len(axes) == len(DESIGN.choices)
    shares = by_level(found, DESIGN)
    for ax, choice in zip(axes, DESIGN.choices, strict=True):
        expected = shares.isel(level=np.flatnonzero(shares["choice"] == choice.id))
        (image,) = ax.get_images()
        np.testing.assert_allclose(image.get_array(), expected.transpose("target", "level"))
        assert image.get_clim() == (0, 1)
        told = [t.get_text() for t in ax.texts]
        assert told == [f"{x:.2f}" for x in expected.transpose("target", "level").values.ravel()]
        assert [t.get_text() for t in ax.get_xticklabels()] == [x.name for x in choice.levels]
    names = [t.get_text() for t in axes[0].get_yticklabels()]
    assert names == [target.name for target in DESIGN.targets]


def test_the_front_is_drawn_among_all_readings():
    found = some()
    (ax,) = panels.front_figure(found, DESIGN).axes
    (readings,) = ax.collections
    numbers = [int(t.get_text()) for t in ax.texts]
    assert sum(numbers) == 144
    places = readings.get_offsets()
    assert len(places) == len(numbers) == len({tuple(p) for p in places.tolist()})
    lines = {line.get_label(): line.get_xydata() for line in ax.get_lines()}
    edge = front(found.rows, DESIGN)
    assert lines["Pareto front"][:, 0].tolist() == [DESIGN.against(r.levels) for r in edge]
    # The row that was judged again lies where its fresh networks put it.
    assert lines["fresh networks"].tolist() == [[DESIGN.against(DESIGN.rows()[9]), 3]]
    assert lines["as printed"][0][0] == 0
    low, high = ax.get_ylim()
    assert low < 0 <= len(TARGETS) < high
