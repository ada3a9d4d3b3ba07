"""Depths against the counts of the networks' own papers, all paths one by one, and by hand."""

import pytest
import torch
import torchvision
from torch import nn

from inception_lib import AsymmetricModule, ExpandedModule, GridReduction, trace
from inception_lib.graph.depth import RULES, Rule, depth, depth_table, every_rule
from inception_lib.nets.registry import NETWORKS


@pytest.fixture(scope="module")
def table(traced):
    return {row.network: row for row in depth_table({name: traced(name) for name in NETWORKS})}


def test_what_other_papers_say_of_their_own_depth(table):
    """The numbers in their names and tables; for GoogLeNet 22, and 27 "if we also count pools"."""
    published = {"alexnet": 8, "vgg16": 16, "vgg19": 19, "googlenet": 22, "bn_googlenet": 22}
    published |= {"prelu_net_a": 19, "prelu_net_b": 22, "prelu_net_c": 22}
    assert {name: table[name].depths["longest"] for name in published} == published
    assert table["googlenet"].depths["longest_pools"] == 27
    for name in ("resnet18", "resnet50"):  # a projection on a shortcut is on no longest path
        with torch.device("meta"):
            graph = trace(torchvision.models.get_model(name), 224)
        assert depth(graph) == int(name.removeprefix("resnet"))
        assert depth(graph, "shortest") == {"resnet18": 5, "resnet50": 6}[name]


def test_inception_v3_by_hand(table):
    """Stem 5, modules 3·3 + 3 + 4·5 + 4 + 2·3, and the classifier."""
    depths = table["inception_v3"].depths
    assert depths["longest"] == 5 + 3 * 3 + 3 + 4 * 5 + 4 + 2 * 3 + 1 == 48
    assert depths["longest_pools"] == 48 + 3
    assert depths["pairs"] == 48 - 4 * 2 - 1 == 39  # 1×7 with 7×1; those of Figure 7 are parallel
    assert depths["module_1"] == 5 + 11 + 1
    assert depths["module_3"] == 5 + 3 * 11 + 1
    assert depths["shortest"] == 5 + 9 + 0 + 1  # modules by their 1×1, reductions by their pool


def test_the_hunt_for_42_layers(table, traced):
    """No rule has 22 for GoogLeNet and 42 for v3; one has 27 for it, its count with pools.

    Factorized pairs as the layer that they replace, and pools counted, is 42 for Inception-v3.
    """
    graphs = {name: traced(name) for name in ("googlenet", "inception_v3", "inception_v2")}
    graphs["table1"] = traced("inception_v3_table1")
    found = {rule: {n: depth(g, rule) for n, g in graphs.items()} for rule in every_rule()}
    assert len(set(found)) == len(found) >= 32
    calibrated = [counts for counts in found.values() if counts["googlenet"] == 22]
    assert len(calibrated) == 3
    for counts in calibrated:
        assert 42 not in counts.values()
    hits = [rule for rule, counts in found.items() if counts["inception_v3"] == 42]
    assert hits == [Rule(pools=True, module=3), Rule(pools=True, pairs=True)]
    assert [found[rule]["googlenet"] for rule in hits] == [36, 27]
    assert table["inception_v3"].depths["pairs_pools"] == 42
    table1 = [rule for rule, counts in found.items() if counts["table1"] == 42]
    assert [found[rule]["googlenet"] for rule in table1] == [30, 21]
    assert not any(rule.linear for rule in table1)


class Branches(nn.Module):
    """Paths of three modules and a skip, few enough to walk one by one."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.a = AsymmetricModule(8, 8, (8, 8), (8, 8), 8)
        self.b = ExpandedModule(32, 8, (8, 8), (8, 8, 8), 8)
        self.c = GridReduction(48, 8, (8, 8))
        self.skip = nn.Conv2d(8, 64, 1, 2)
        self.fc = nn.Linear(64, 2)

    def forward(self, x):
        x = self.stem(x)
        y = self.c(self.b(self.a(x)))
        y = y + self.skip(x)[:, :, 1:, 1:]
        return self.fc(y.mean((2, 3)))


def all_paths(graph, name):
    """Every path from the image to a node, as a list of nodes."""
    node = graph[name]
    if not node.parents:
        yield [node]
    for parent in set(node.parents):
        for path in all_paths(graph, parent):
            yield [*path, node]


def test_longest_and_shortest_of_all_paths():
    graph = trace(Branches(), 17)
    weights = ("conv", "linear")
    pools = (*weights, "max_pool", "avg_pool")
    paths = list(all_paths(graph, graph.outputs[0]))
    assert len(paths) == 4 * 6 * 3 + 1
    for ops, counted in ((weights, False), (pools, True)):
        lengths = [sum(node.op in ops for node in path) for path in paths]
        assert depth(graph, Rule(pools=counted)) == max(lengths)
        assert depth(graph, Rule(pools=counted, longest=False)) == min(lengths)
    assert depth(graph) == 1 + 5 + 3 + 3 + 1
    assert depth(graph, "pairs") == 1 + 3 + 3 + 3 + 1
    assert depth(graph, "module_2") == 1 + 2 + 2 + 2 + 1
    assert depth(graph, Rule(linear=False)) == 12


def test_side_heads_do_not_count(traced):
    assert depth(traced("googlenet", train=True)) == 22


def test_the_table_has_every_network_and_rule(table):
    assert set(table) == set(NETWORKS)
    for row in table.values():
        assert set(row.depths) == set(RULES)
        assert row.depths["shortest"] <= row.depths["longest"] <= row.depths["longest_pools"]
        assert row.depths["pairs"] <= row.depths["longest"]


def test_rules_say_what_they_are(traced):
    assert str(RULES["pairs_pools"]) == "longest path, 1×n with n×1 as one, pools counted"
    assert len({str(rule) for rule in every_rule()}) == len(every_rule())
    with pytest.raises(ValueError, match="no rule is called 'deepest'"):
        depth(traced("alexnet"), "deepest")
