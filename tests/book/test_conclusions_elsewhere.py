"""What the remaining pages conclude in words that compare, against committed tables.

The findings, the page for reviewers and that of how the text was read speak of other pages, so it
is the tables of these that are asked. As in `test_conclusions_authors`: a test that fails tells
that a sentence is to be written anew.
"""

import re

import numpy as np
import pytest
import yaml

from lsm import highest_frequency
from tests.conclusions import BOOK, glued, measured, met, pictures, says, table

FINDINGS, READING, REVIEWERS = "findings.md", "reading.md", "reviewers"
FIG1, FIG2, FIG3, FIG5, FIG6, FIG7, FIG8 = (f"figures/fig{n}" for n in (1, 2, 3, 5, 6, 7, 8))
S1, S4, S5, S6, S7, S8 = (f"supplement/figS{n}" for n in (1, 4, 5, 6, 7, 8))
LOOPS, LINEAR = "beyond/open_loops", "beyond/linear_response"
MECHANISMS, NETWORKS = "beyond/authors_mechanisms", "beyond/authors_networks"
APPENDIX = "appendix"
AMPLIFIED = 2  # HF from which high frequencies count as such
REMOVED = ("4e", "S7b", "5c", "7c", "8c")  # claims that the leak removes high frequencies


@pytest.fixture
def told():
    """Numbers of the claims."""
    return glued("claims")


@pytest.fixture
def claims():
    return yaml.safe_load((BOOK / "claims.yml").read_text(encoding="utf-8"))


@pytest.fixture
def readings():
    """Means of claims on networks, under each reading."""
    return table("readings", "readings-09", "mean over seeds")


@pytest.fixture
def controls():
    return table(LOOPS, "loops-10", "median over seeds")


# ---------------------------------------------------------------- findings: the neuron


def test_what_follows_by_itself_reproduces_and_less_than_half_of_the_rest():
    says(FINDINGS, "follow from the printed equations whatever the network or the input")
    says("../README.md", "claims reproduce, but only")
    kinds = table("claims", "claims-kinds-table", "kind")
    sure = kinds.loc[["identity", "filter"]]
    assert (sure["✔ reproduced"] == sure["claims"]).all()
    assert kinds.loc["empirical", "✔ reproduced"] < kinds.loc["empirical", "claims"] / 2


def test_the_index_is_nearly_as_high_for_other_trains(told):
    says(FINDINGS, "but it is nearly as high (")
    says(FINDINGS, "when both receive different trains")
    says(S1, "The index is then near 1 for any two such outputs", "both conditions hold")
    says(REVIEWERS, "The index of correlation is near 1 for any two positive signals")
    assert told["S1_negative_r"] == pytest.approx(told["S1_r"], abs=0.01)
    assert told["S1_negative_rho"] < 0.2 < told["S1_rho"]
    assert met(S1, "figs1-09")["S1", "positive"] == 1


def test_the_neuron_beats_all_izhikevich_neurons_at_all_rates():
    says(FINDINGS, "better than any of 405 Izhikevich neurons, at the highest rate too")
    pictures(FIG3, "fig3-10", "run above a bundle of thin", "which rises towards them with the")
    found = table(FIG3, "fig3-14", "rate_hz")
    assert (found[["beaten by r", "beaten by rho"]] == 1).all(axis=None)
    lead = found["r with leak"] - found["highest r of 405"]
    assert (lead > 0).all()
    assert lead.is_monotonic_decreasing
    assert (found["r without leak"] > found["r with leak"]).all()


def test_the_neuron_is_nearly_a_linear_scaler():
    says(FINDINGS, "At the weight taken it is nearly")
    for page in (FIG3, S4):
        says(page, "is nearly a linear scaler: its input is a small share of the denominator")
    at_rates = table(S4, "figs4-shares", "rate_hz")
    assert (at_rates["share of the input in the denominator of Eq. 1"] < 0.05).all()
    assert (at_rates["rho with the input, LSM without leak"] > 0.999).all()


def test_near_its_ceiling_the_neuron_follows_less_and_leads_less():
    says(FIG3, "the less its output follows its input, and the smaller is its lead")
    says(S4, "has a static leak at which Eq. 1 matters")
    found = table(FIG3, "fig3-eq1", "k_static")
    assert found.index.is_monotonic_decreasing
    share = found["share of the input in the denominator"]
    assert share.is_monotonic_increasing
    assert share.iloc[0] < 0.05 < 0.5 < share.iloc[-1]
    leads = ["3c: smallest lead, r", "3c: smallest lead, rho"]
    for name in ("rho with the input, no leak", *leads):
        assert found[name].is_monotonic_decreasing


def test_the_izhikevich_neuron_adds_little(told):
    says(FINDINGS, "And that neuron adds little above 30 Hz")
    for key in ("3e_share_above_30_hz_ratio", "3e_mean_share_above_30_hz_ratio"):
        assert 1 < told[key] < 1.5


def test_in_steps_of_1_ms_it_fires_less_by_its_own_scheme():
    says(FINDINGS, "In steps of 1 ms it fires less by")
    says(FIG3, "In steps of 1 ms neurons fire less by this scheme")
    says(FIG3, "In finer steps the two schemes come together")
    spikes = table(FIG3, "fig3-scheme-spikes", ["steps per ms", "rate of a sensor (Hz)"])
    assert (spikes["Table 2: share that fires less"].loc[1] == 1).all()
    some = spikes[["Izhikevich's / Euler's", "Izhikevich's / Euler's, median"]]
    assert (some.loc[1] < 0.95).all(axis=None)
    assert ((some.loc[2] - 1).abs() < (some.loc[1] - 1).abs()).all(axis=None)
    verdicts = table(FIG3, "fig3-scheme-verdicts", "claim")
    assert (verdicts["another verdict"] == "no").all()


# ---------------------------------------------------------------- findings: without leak


def test_networks_carry_more_than_their_input_but_for_the_densest():
    says(FINDINGS, "more high frequencies than their input, except with 30 sensors and more")
    every = [
        table(FIG5, "fig5-12", ["kind", "mean"]),
        table(FIG6, "fig6-12", "mean delay (ms)"),
        table(FIG8, "fig8-12", ["weights", "size"]),
    ]
    assert all((found["HF without leak"] > 1).all() for found in every)
    by_density = table(FIG7, "fig7-10", "density")["HF without leak"]
    assert by_density.index[by_density < 1].tolist() == ["30 sensors", "50 sensors"]


def test_with_the_value_of_figure_1_nothing_is_added(readings):
    says(FINDINGS, "With the value of Figure 1 there are no high frequencies beyond")
    says(REVIEWERS, "which is 1, networks add no high frequencies to their")
    of_hf = ["HF, Fig. 4", "5a: HF, binary, 10 %", "smallest HF, Fig. 7", "smallest HF, Fig. 8"]
    assert (readings.loc["k_static = 1 (Fig. 1)", of_hf] < 1).all()


def test_in_finer_steps_normal_weights_add_little(readings):
    says(REVIEWERS, "In finer steps, and up to the same")
    says(REVIEWERS, "of networks with normal weights shrink to little more than those")
    finer = [f"time step {ms} ms" for ms in (0.5, 0.25, 0.1)]
    assert readings.loc[finer, "HF, Fig. 4"].between(1, 1.5).all()
    assert readings.loc["as taken", "HF, Fig. 4"] > 1.8


def test_signals_between_neurons_make_high_frequencies(controls):
    says(FINDINGS, "is that of the input. With sparse binary weights a part of them remains")
    says(FINDINGS, "In the standard network the effect is less a gain above 100 Hz than a")
    says(FINDINGS, "With normal weights no loop is needed")
    relays = table(LOOPS, "loops-12", "relays")
    normal, binary = (relays[name] for name in relays)
    assert normal["0"] == pytest.approx(1, abs=0.05)
    assert normal["1"] >= normal["network"]
    assert 1.2 < binary["0"] < binary["network"]
    network, alone = controls["without leak"], controls["without leak, no relay"]
    low, high = (network[name] / alone[name] for name in network.filter(like="power").index)
    assert high - 1 < 1 - low


def test_transients_are_more_on_one_scale_and_fewer_on_the_other(told):
    says(FINDINGS, "more than the {glue:text}", "on their own, which is fewer")
    network = told["4d_mean_transients_no_leak"]
    assert told["4d_mean_transients_open_loop"] > network
    assert told["4d_mean_transients_open_loop_own_scale"] < network


def test_the_delay_sets_the_frequency(told):
    says(FINDINGS, "the delay of these signals sets the frequency")
    says(FINDINGS, "With delays the frequency falls inversely, as the paper says")
    assert told["6a_k"] > told["6a_n"] / 2
    assert told["6a_mean_slope"] == pytest.approx(-1, abs=0.15)
    peaks = table(FIG6, "fig6-12", "mean delay (ms)")
    found = peaks["found, normal delays (median)"]
    assert (found / peaks["expected peak (Hz)"]).between(0.75, 1.25).all()


def test_thresholds_of_figure_5_do_not_appear(told):
    says(FINDINGS, "are nearly normal, and do not lead them", "unless signals are")
    says(FINDINGS, "which the paper excepts, are amplified, and more than the densest")
    assert told["5a_k"] == 0
    assert told["5a_mean_lead_of_lognormal"] < 0.1 / 3  # a third of what the paper says
    averages = table(FIG5, "fig5-literal-hf", ["kind", "mean"]).loc["binary"].filter(like="mean ")
    every = table(FIG5, "fig5-12", ["kind", "mean"]).loc["binary", "HF without leak"]
    of_neurons = averages.pop("mean signal of all neurons")
    for hf in (every, *(averages[name] for name in averages)):
        assert hf[0.1] > max(hf[0.5], AMPLIFIED)
    assert of_neurons[0.1] < min(of_neurons[0.5], AMPLIFIED)


def test_dense_input_stays_below_the_bound_in_most_networks():
    says(FINDINGS, "at 100 Hz, and with 15 sensors, the high frequencies of networks with normal")
    says(FINDINGS, "stay below our bound in most networks,")
    found = table(FIG7, "fig7-static", ["k_static", "density"])
    dense = found[found.index.get_level_values("density").isin(["100 Hz", "15 sensors"])]
    assert len(dense) == 6
    assert (dense["networks with HF of at least 2 (of 10)"] < 5).all()


def test_no_build_up_but_by_the_start_of_the_record(told):
    says(FINDINGS, "the gradual build-up over presentations, and its fading")
    says(FINDINGS, "it looks like a build-up in most networks")
    says("../README.md", "high frequencies do not build up")
    says(S6, "neither build up nor fade over presentations beyond the chance variation")
    for claim in ("4b", "4c"):
        assert told[f"{claim}_k"] <= told[f"{claim}_negative_k"] < told[f"{claim}_n"] / 2
    tried = table("beyond/build_up", "build-08", "median over seeds")["seeds with 4b"]
    assert tried.index[tried > told["4b_n"] / 2].tolist() == ["left out of the maximum alone"]


def test_autapses_amplify_only_if_strong_and_inhibitory(told):
    says(FINDINGS, "autapses do not amplify in the standard network")
    says("../README.md", "autapses do not amplify them")
    says(S7, "autapses can amplify high frequencies if they are strong and inhibitory")
    says(S7, "Their autapses hold on to what was, and make the high frequencies weaker")
    assert told["S7a_k"] == 0
    found = table(S7, "figS7-14", "autapses ten times as strong of")
    assert (found.loc[["none", "excitatory"], "largest"] < 1).all()
    assert found.loc["excitatory", "largest"] < found.loc["none", "smallest"]
    assert found.loc["inhibitory", "smallest"] > AMPLIFIED


# ---------------------------------------------------------------- findings: the leak


def test_the_leak_removes_high_frequencies_in_every_network(told):
    says(FINDINGS, "removes high frequencies in every network of the figures")
    says(FINDINGS, "and below a tenth for all weights, densities and sizes")
    says("../README.md", "no network of the figures keeps high frequencies")
    says(REVIEWERS, "holds in every network of the figures", "are gone from all networks")
    assert told["leak_highest_HF"] < 0.1
    assert all(told[f"{claim}_k"] == told[f"{claim}_n"] >= 20 for claim in REMOVED)
    assert told["4e_mean_HF_network"] < told["4a_mean_HF_network"] / 10


@pytest.mark.parametrize("summary", ["readings-11", "readings-own-summary"])
def test_it_does_so_under_almost_every_reading(summary):
    says(FINDINGS, "under almost every interpretation of the text <readings>` that we tried")
    says(REVIEWERS, "it hardly depends on what the text leaves open")
    found = table("readings", summary, "claim").loc[list(REMOVED)]
    turning = {name for cell in found["turned by"] for name in cell.split("; ") if name}
    readings = table("readings", "readings-leaks", "reading").index
    assert len(turning) < 0.15 * len(readings)
    says(REVIEWERS, "If weights of zero are not counted as synapses, some sparse networks exceed")
    assert "zero weights are no synapses" in found.loc["5c", "perhaps by"]


def test_a_filter_does_as_much_but_for_sparse_weights_and_delays(told):
    says(FINDINGS, "does as much when it is applied afterwards (D3)", "weights it does not.")
    says(FINDINGS, "the leak leaves less than the filter, with binary weights less than half")
    ratio = "HF, leak over filter, median"
    weights = table(LOOPS, "loops-19", ["kind", "mean"])[ratio]
    assert weights[["normal", "lognormal"]].between(0.9, 1.2).all()
    assert (weights["binary"] < 0.8).all()
    delays = table(LOOPS, "loops-20", ["weights", "other"])[ratio].drop("autapses", level="other")
    assert (delays < 0.8).all()
    assert (delays["binary, p = 0.2"] < 0.5).all()
    assert told["5c_filter_k"] / told["5c_filter_n"] < told["5c_k"] / told["5c_n"]


def test_the_leak_moves_peaks_to_lower_frequencies(told):
    says(FINDINGS, "it moves the peaks that delays add to lower frequencies")
    says(FINDINGS, "A filter afterwards moves none. The delays still show")
    assert told["6b_k"] > told["6b_n"] / 2
    assert told["6b_filter_k"] == 0
    kept = table(FIG6, "fig6-12b", "mean delay (ms)")
    without, leak = (name for name in kept if name.endswith("(Hz, median)"))
    assert (kept[leak] < kept[without]).all()
    assert (kept["leak as a filter afterwards"] == 1).all()
    assert told["6b_mean_highest_over_no_delay"] > 1.2


def test_it_removes_them_over_the_phase_diagram_but_for_a_corner():
    says(FINDINGS, "except with sparse binary weights at the smallest static leak, where high")
    leak = table("beyond/phase_diagram", "phase-19", "kind")
    assert leak.index[leak["HF ≥ 0.1"] > 0].tolist() == ["binary"]
    assert leak["largest HF"].max() < 1


def test_the_price_is_paid_at_one_instant_alone(told):
    says(FINDINGS, "The leak has a price", "Read over two steps, it explains as much")
    assert told["D2_mean_leak"] < told["D2_mean_no_leak"] - 0.05
    mean = table("beyond/representation", "representation-10", ["steps", "form"])["mean"]
    assert mean[2, "leak"] == pytest.approx(mean[2, "no leak"], abs=0.01)


# ---------------------------------------------------------------- findings: stability, layer 2


def test_nearly_all_networks_are_stable_at_their_mean(told):
    says(FINDINGS, "nearly all networks are stable and forget perturbations, with leak and")
    says(FINDINGS, "The exception is a sparse binary network")
    radii = table(LINEAR, "linear_response-13", "networks")
    unstable = radii.index[radii["largest"] >= 1]
    assert unstable.tolist() == ["binary, no leak", "binary, leak"]
    assert told["D1_n"] - told["D1_k"] == 1


def test_only_binary_networks_are_seen_in_growing_states():
    says(FINDINGS, "no network was seen in a state in which deviations grow")
    says(FINDINGS, "for most p those that do so longer have more high frequencies")
    says(
        FINDINGS,
        "they spend less time so, and deviations hardly grow within a time constant, on average",
    )
    order = table(LINEAR, "linear_response-13d", ["kind", "mean"])
    share = order["share of time in growing states (%)"]
    assert (share[["normal", "lognormal"]] == 0).all()
    assert (order.loc[["normal", "lognormal"], "HF without leak"] > 1).all()
    assert (order.loc["binary", "from"] > 0).mean() > 0.5
    binary = table(LINEAR, "linear_response-13c", "networks").loc[
        ["binary, no leak", "binary, leak"]
    ]
    assert binary["seen in one, all"].iloc[0] < 100  # "Some"
    assert binary["share of time, mean (%)"].is_monotonic_decreasing
    assert binary["growth by that in 10 steps"].iloc[1] < 1.15


def test_hardly_any_network_is_amplified_twofold_by_linear_response():
    says(FINDINGS, "hardly any network that amplifies them twofold does so by it")
    sides = table("beyond/phase_diagram", "phase-10", ["kind", "delay_s"]).sum()
    assert sides["of them ≥ 2 by theory"] < 0.05 * sides["HF ≥ 2"]


def test_most_of_layer_2_is_silent_in_the_standard_network(controls):
    says(FINDINGS, "in the standard network most neurons of the second layer are silent")
    says(FINDINGS, "the inhibitory neurons outweigh the excitatory ones, because without autapses")
    says(S6, "Most neurons of layer 2 are silent here", "in which more of layer 2 is active")
    network, autapses = controls["without leak"], controls["without leak, autapses"]
    silent, of_layer_2 = "silent neurons of layer 2", 8
    assert network[silent] > of_layer_2 / 2 > autapses[silent]
    ens, ins = (f"mean activity of {kind}, layer 1 (a.u.)" for kind in ("ENs", "INs"))
    assert network[ins] > 1.1 * network[ens]
    assert autapses[ins] == pytest.approx(autapses[ens], rel=0.05)
    each = table(S6, "figS6-09", "neuron")
    assert each.loc[each["layer"] == 2, "HF without leak"].isna().mean() > 0.5
    of_5 = table(FIG5, "fig5-12", ["kind", "mean"])["silent neurons (of 18)"]
    assert of_5["binary", 0.3] < of_5["normal", 0.4]


def test_most_follows_from_sensors_that_do_not_reach_inhibitory_neurons():
    says(FINDINGS, "Most follows from one of them, sensors that do not reach inhibitory neurons")
    says(REVIEWERS, "if sensors excite no inhibitory neuron, transients come too, and low activity")
    told = glued(NETWORKS)
    assert told["reading_one"] == "sensors to ENs only"
    assert told["with_one"] - told["printed"] > (told["most"] - told["printed"]) / 2
    readings = table(NETWORKS, "authors-06", "reading")
    choices = readings.columns[2:8]
    changed = readings[choices] != readings.loc[1, choices]
    (one,) = changed.index[(changed.sum(axis=1) == 1) & changed["Sensors excite"]]
    for target in ("Layer 2 takes part", "Transients", "Low activity at low weights"):
        assert readings.loc[1, target] <= 6 < readings.loc[one, target]


# ---------------------------------------------------------------- for reviewers


def test_most_of_what_was_not_attempted_is_on_brains_or_other_models():
    says(REVIEWERS, "other things, most of them on brains or on other models")
    number = table(REVIEWERS, "reviewers-list", "kind")["number"]
    assert number["biology"] + number["other model"] > number.sum() / 2


def test_claims_are_from_all_figures_but_two_of_the_supplement(claims):
    says(REVIEWERS, "sentences, from all figures, all supplementary figures but 2 and 3")
    says(REVIEWERS, "the appendix, the Introduction and the Discussion")
    where = [claim["where"] for claim in claims]
    supplementary = {int(n) for each in where for n in re.findall(r"Suppl\. Fig\. (\d)", each)}
    figures = {int(n) for each in where for n in re.findall(r"(?<!Suppl\. )Fig\. (\d)", each)}
    assert figures == set(range(1, 9))
    assert supplementary == set(range(1, 9)) - {2, 3}
    for place in ("Appendix", "Introduction", "Discussion"):
        assert any(place in each for each in where)


def test_most_claims_kept_their_first_criterion(claims):
    says(REVIEWERS, "Most claims got a measure and a bound before their figure was drawn")
    later = {claim["id"] for claim in claims if "former" in claim} | {"D2", "D3"}
    assert len(later) < len(claims) / 2


def test_claims_on_networks_are_measured_over_twenty(claims, told):
    says(REVIEWERS, "Claims about networks are measured over at least twenty networks")
    says("claims", "at least twenty independent draws of input and weights")
    pages = (*(f"figures/fig{n}" for n in range(4, 9)), S6, S7, S8, "beyond/")
    of_networks = [claim["id"] for claim in claims if claim["page"].startswith(pages)]
    assert len(of_networks) > 20
    assert min(told[f"{claim}_n"] for claim in of_networks) >= 20


def test_criteria_but_those_of_two_identities_have_controls(claims):
    says(REVIEWERS, "all criteria but those of two identities (K1, A3) were tried on systems")
    says("claims", "So each but those of two identities (K1, A3) was tried on systems")
    tried = set(table("claims", "claims-controls-table", "id").index)
    kinds = {claim["id"]: claim["kind"] for claim in claims if claim["id"] not in tried}
    assert kinds == {"K1": "identity", "A3": "identity"}


def test_layer_2_is_nearly_silent_because_what_it_hears_nearly_cancels(controls):
    says(REVIEWERS, "nearly silent, because the excitation and the inhibition that it hears nearly")
    network = controls["without leak"]
    ens, ins, second = network[network.index.str.startswith("mean activity")]
    assert ens == pytest.approx(ins, rel=0.25)
    assert second < 0.01 * ens


def test_other_connections_wake_layer_2():
    says(REVIEWERS, "Other answers wake it")
    active = table(MECHANISMS, "mech-15", "reading")["active"]
    others = ["no INs of layer 1 → layer 2", "sensors to ENs only", "inhibition 0.8"]
    assert active["as printed"] < 0.2
    assert (active[others] > 0.5).all()


def test_connections_decide_most_beside_the_denominator():
    says(REVIEWERS, "show to decide most beside the denominator")
    turned = table(NETWORKS, "authors-38", "choice")["targets that turn, on average"]
    most = turned.sort_values(ascending=False).index[:3].tolist()
    assert most == ["Denominator of Eq. 1", "What layer 2 hears", "Sensors excite"]


def test_zeros_beyond_the_ends_give_high_frequencies_with_leak_too(readings):
    says(REVIEWERS, "the edges alone give high frequencies, with leak too")
    assert readings.loc["ends: zero", "HF with leak"] > 1


# ---------------------------------------------------------------- how the text was read


def test_most_claims_are_judged_under_other_readings(claims):
    says(READING, "judges most claims on networks and on the isolated neuron again")
    judged = set(table("readings", "readings-11", "claim").index)
    of_networks = {claim["id"] for claim in claims if re.match(r"[4-8]|S[678]", claim["id"])}
    of_neuron = {claim["id"] for claim in claims if re.match(r"[123]|S[14]", claim["id"])}
    for some in (of_networks, of_neuron):
        assert len(judged & some) > len(some) / 2


def test_readings_in_brackets_are_those_that_touch_the_rule():
    says(READING, "where there are none, the reading does not touch the rule")
    says(READING, "All networks have one static leak there, that of the interpretation taken")
    prose = (BOOK / READING).read_text(encoding="utf-8")
    anew, turned = (
        {*re.findall(rf"`readings\.ipynb::{k}_(\w+):s`", prose)} for k in ("anew", "turned")
    )
    leaks = table("readings", "readings-leaks", "reading")["from"].drop("as taken")
    names = leaks.index.str.replace(r"[^A-Za-z0-9]+", "_", regex=True).str.strip("_")
    untouched = leaks.str.startswith("as it was").values
    assert anew == set(names[~untouched])
    assert set(names) <= turned


def test_the_izhikevich_neuron_fires_below_100_hz_at_the_weight_taken():
    says(READING, "where it fires below 100 Hz under sensors of 50 Hz")
    says(READING, "at 1 it fires in every step of 1 ms")
    says(FIG3, "fires below 100 Hz under sensors of 50 Hz")
    says(FIG3, "A table below gives the neuron's rate, and all else, at other weights")
    says(FIG3, "in finer steps both schemes fire more, from the weight taken upwards")
    found = table(FIG3, "fig3-16", ["scheme", "weight", "steps per ms"]).sort_index()
    found = found["Izhikevich rate (Hz)"]
    assert found["Euler's", 0.01, 1] < 100 < found["Euler's", 0.1, 1]
    assert found["Euler's", 1, 1] == pytest.approx(1000, rel=0.01)
    for scheme in ("Euler's", "Izhikevich's"):
        for weight in (0.01, 0.1, 1):
            assert found[scheme, weight].is_monotonic_increasing
    in_steps_of_1_ms = found.xs(1, level="steps per ms")
    assert (in_steps_of_1_ms["Izhikevich's"] < in_steps_of_1_ms["Euler's"]).all()


# ---------------------------------------------------------------- Figures 1 to 3


def test_the_activity_stays_well_below_1_whatever_the_input():
    pictures(FIG1, "16d7720d", "which exceed a dotted line at one unit", "stays well below that")
    says(READING, "the factor that makes the peak 1; it is also the area")
    found = measured(FIG1, "4ea8f1ee")
    (of_1a,) = found["1a", ""].to_dict("records")
    assert of_1a["max_input"] > 2
    assert of_1a["max_output"] < 0.8
    (of_k1,) = found["K1", ""].to_dict("records")
    assert of_k1["peak"] == pytest.approx(1, abs=0.01)
    assert of_k1["area_error"] < 1e-3


def test_the_second_table_shows_that_three_criteria_can_fail(claims):
    says(FIG1, "All four follow from the printed equations", "the criteria of 1a to 1c can fail")
    found = measured(FIG1, "4ea8f1ee")
    assert {claim for claim, system in found if system} == {"1a", "1b", "1c"}
    kinds = {claim["kind"] for claim in claims if claim["page"] == FIG1}
    assert kinds == {"identity"}
    assert len(found) == 4 + 3


def test_eulers_method_gives_a_cutoff_a_little_higher():
    says(FIG1, "Euler's method gives a cutoff frequency a little higher at 1 ms")
    cutoff = table("readings", "readings-numbers-alone", "mean over seeds")["cutoff (Hz)"]
    assert 1.01 < cutoff["Euler's method for Eq. 2"] / cutoff["as taken"] < 1.15


def test_strong_synapses_take_2a_away():
    says(FIG2, "the neuron is near its ceiling at the constants that 2a compares, and the shape is")
    found = table(FIG2, "fig2-weights", "weight")
    strong = found.loc[[10, 100]]
    assert (strong["mean activity at the lowest constant of 2a"] > 0.9).all()
    assert (strong["lowest rho"] < 0.95).all()  # the bound of 2a
    assert (found.loc[:1, "lowest rho"] >= 0.95).all()


def test_with_the_rise_the_longest_time_constants_show_the_rise():
    says(FIG2, "the CV of the longest time constants is that of the rise and not of the activity")
    pictures(FIG2, "fig2-08", "the coefficient of variation falls with the time constant")
    pictures(FIG2, "fig2-08", "the paper's ten milliseconds lie where the fall begins")
    found = table(FIG2, "fig2-12", "tau_dyn_s")
    cv, whole = found["CV, rise from rest left out"], found["CV, whole record"]
    assert cv.is_monotonic_decreasing
    assert found["roughness"].is_monotonic_decreasing
    assert 0.75 < cv[0.01] / cv.iloc[0] < 0.95
    assert (whole / cv).iloc[-1] > 5
    assert not whole.is_monotonic_decreasing


def test_rho_with_the_source_measures_the_jitter():
    says(FIG3, "The rho alone measures the jitter, as a table below shows")
    found = table(FIG3, "fig3-relay-table", "signal")
    assert found["inputs with rho of at least 0.9"].nunique() == 1
    rho = found["mean rho with the source"]
    assert np.ptp(rho) < 0.001


def test_two_claims_compare_with_the_izhikevich_neuron_and_two_do_not():
    says(FIG3, "So 3a and 3d are about the input itself, scaled and, with leak, smoothed, and 3c")
    controls = table("claims", "claims-controls-table", "id")["system"]
    replaced = controls[controls.str.contains("in the place of (?:the|all) Izhikevich")]
    assert {"3c", "3g"} <= set(replaced.index)
    assert not {"3a", "3d"} & set(replaced.index)


# ---------------------------------------------------------------- supplementary figures


def test_the_two_models_differ_less_where_their_static_leaks_are_equal():
    says(S1, "besides their static leaks where $k_{static}$ is not $1/i$")
    found = table(S1, "figs1-11", ["rate (Hz)", "weight", "k_static"])
    own, equal = (found.xs(k, level="k_static") for k in (1, 0.1667))
    difference = "largest difference (a.u.)"
    assert (equal[difference] < own[difference]).all()
    assert (equal["rho"] > own["rho"]).all()


def test_r_lies_above_the_papers_line_and_rho_below():
    pictures(S1, "figs1-07", "r lies just above the paper's dotted line", "Pearson's rho below it")
    pictures(S1, "figs1-07", "those of the H-H model swing much less")
    found = measured(S1, "figs1-09")["S1", ""]
    assert found["r"].between(0.99, 1).all()
    assert (found["rho"] < 0.99).all()
    drawn = table(S1, "figs1-13", ["file", "column"]).loc["figS1_traces.csv"]
    swing = drawn["standard deviation"] / drawn["mean"]
    assert swing["H-H"] < swing["LSM"] / 2


def test_the_order_of_the_models_is_kept_at_all_rates():
    pictures(S4, "figs4-07", "rises towards one with the rate and keeps its order")
    pictures(S4, "figs4-07", "Pearson's rho keeps the order as well")
    found = measured(S4, "figs4-09")["S4", ""]
    assert (found > 0).all(axis=None)
    assert table(FIG3, "fig3-14", "rate_hz")["r with leak"].is_monotonic_increasing


def test_the_spectrum_of_the_input_flattens_at_the_end():
    says(S5, "Towards the end of the band the curve flattens")
    pictures(S5, "figS5-07", "fall steadily from 30 hertz on")
    found = table(S5, "figS5-10", "rate (Hz)")
    rise = np.log(highest_frequency(0.001) / 200)
    last = np.log(found["at the highest frequency"] / found["at 200 Hz"]) / rise
    assert (last > 0.75 * found["exponent, 60-200 Hz"]).all()
    assert (last < 0).all()
    assert (measured(S5, "figS5-09")["S5", ""]["rises_above_30_hz"] == 0).all()


def test_traces_with_leak_have_no_mark():
    pictures(S7, "figS7-07", "several of them marked as transients", "and have no mark")
    found = table(S7, "figS7-transients", "neuron")
    assert (found["transients, no leak"] > 3).all()
    assert (found["transients, leak"] == 0).all()
    says(S7, "Below 1 it dies out")
    radii = table(S7, "figS7-10", ["autapses", "form"])["spectral radius, median"]
    assert (radii < 1).all()


def test_hf_is_ordered_by_mean_weight_but_for_binary_weights():
    says(S8, "this order is plain in a single group already")
    says(S8, "HF falls with density where they are not the sparsest, and the scatter between")
    found = table(S8, "figS8-10", "kind")
    ordered = found.loc[["normal", "lognormal"]]
    assert (ordered[["low end", "low"]] > 0).all(axis=None)
    binary = found.loc["binary"]
    assert binary["high"] < 0
    assert binary["Spearman, all networks"] ** 2 < 0.5  # less than half goes with density
    hf = table(FIG5, "fig5-12", ["kind", "mean"])["HF without leak"]["binary"]
    assert hf[0.2:].is_monotonic_decreasing
    assert hf[0.1] < hf[0.2]


# ---------------------------------------------------------------- the appendix


def test_only_the_explicit_method_is_unstable():
    says(APPENDIX, "Only the explicit method is unstable", "overshoots beyond, and diverges")
    says(APPENDIX, "A solution within the bounds need not be accurate")
    pictures(APPENDIX, "56d7ab45", "the largest implicit potential stays below one at all steps")
    pictures(APPENDIX, "56d7ab45", "in places swings far beyond them")
    found = table(APPENDIX, "f7848963", "h (ms)")
    assert (found["largest |V|, implicit"] < 1).all()
    assert found["rms error, implicit"].is_monotonic_increasing
    explicit = found["largest |V|, explicit"]
    assert explicit.iloc[0] < 1 < 5 < explicit.iloc[1] < explicit.iloc[2]
    assert found["mean q"].iloc[1] < 2 < found["mean q"].iloc[2]
    assert (measured(APPENDIX, "ba3defc0")["A2", ""]["largest_potential"] <= 1).all()


def test_the_input_shortens_the_time_constant():
    says(APPENDIX, "with a time constant that the input shortens")
    found = table(APPENDIX, "0bcb6a9b", "P + Q")
    assert (found["tau / (1 + P + Q) (ms)"] < found["tau (ms)"] / 2).all()
    pictures(APPENDIX, "56d7ab45", "that of the excitatory synapses is larger")
    of_input = table(APPENDIX, "7b6a20dc", ["file", "column"])["mean"].loc["appendix_input.csv"]
    assert of_input["excitation"] > of_input["inhibition"]


def test_two_of_three_criteria_can_fail(claims):
    says(APPENDIX, "All three follow from the equations", "two of the criteria can fail")
    found = measured(APPENDIX, "ba3defc0")
    assert {claim for claim, system in found if not system} == {"A1", "A2", "A3"}
    assert {claim for claim, system in found if system} == {"A1", "A2"}
    kinds = {claim["kind"] for claim in claims if claim["page"] == APPENDIX}
    assert kinds == {"identity"}


@pytest.mark.parametrize(
    ("cell", "words", "false"),
    [
        ("edd6176a", "minus sign in A4 and a plus sign in A5", ["is negative", "of one sign"]),
        ("708eecc2", "Setting $g_L$ to 1 loses no generality", []),
        ("b5aacb9d", "of A5 to A7, and wrong with the positive ones", ["A7, w- positive"]),
        ("028b81e1", "The opposite is true", ["whatever h / tau"]),
        ("7ae45985", "differ only in second order", ["tau_Dyn = tau", "second order"]),
    ],
)
def test_errors_of_the_paper_are_the_statements_that_do_not_hold(cell, words, false):
    says(APPENDIX, words)
    found = table(APPENDIX, cell, "statement")["holds"]
    wrong = found.index[found == "no"]
    assert all(any(word in statement for word in false) for statement in wrong)
    assert all(any(word in statement for statement in wrong) for word in false)
