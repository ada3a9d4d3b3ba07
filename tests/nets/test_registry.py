"""Every network of the registry: it builds, traces, counts as torch does, and says what it is."""

import copy
import pickle

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from inception_lib import InceptionOutput, cost
from inception_lib.nets.registry import NETWORKS, create, find
from inception_lib.nets.specs import SPECS


def test_the_nine_systems_and_every_spec_are_there():
    nine = {"alexnet", "vgg16", "vgg19", "googlenet", "bn_googlenet", "bn_inception"}
    nine |= {"prelu_net_c", "inception_v2", "inception_v3"}
    assert nine | set(SPECS) <= set(NETWORKS)
    for name, network in NETWORKS.items():
        assert network.name == name
        assert network.reference
        assert network.title
    assert len({network.title for network in NETWORKS.values()}) == len(NETWORKS)
    with pytest.raises(TypeError):
        NETWORKS["mine"] = NETWORKS["alexnet"]


def test_sizes():
    sizes = {"alexnet": 224, "bn_inception": 224, "inception_v2": 299, "inception_v3": 299}
    sizes |= {"inception_v3_299": 299, "inception_v3_151": 151, "inception_v3_79": 79}
    for name, size in sizes.items():
        assert find(name).size == size


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_builds_traces_and_counts_as_torch_does(name, traced):
    """In evaluation and in training, at its own size, on the meta device."""
    network = find(name)
    with torch.device("meta"):
        model = create(name, num_classes=17)
    channels = next(m.in_channels for m in model.modules() if isinstance(m, nn.Conv2d))
    images = torch.empty(2, channels, network.size, network.size, device="meta")
    for train in (False, True):
        graph = traced(name, train)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            out = model.train(train)(images)
        assert cost(graph).macs == counter.get_total_flops() // 4  # two images, two operations
        assert isinstance(out, InceptionOutput)
        assert out.logits.shape == (2, 17)
        aux = out.aux_logits
        if not train:
            assert aux is None
        for logits in aux if isinstance(aux, tuple) else [] if aux is None else [aux]:
            assert logits.shape == (2, 17)
    # In training every part is at work.
    assert cost(graph).params == sum(p.numel() for p in model.parameters())


def test_unknown_names_and_options_are_named():
    with pytest.raises(ValueError, match=r"'bn_inceptoin'.*nearest: bn_inception"):
        create("bn_inceptoin")
    with pytest.raises(ValueError, match=r"vgg16 has no option 'drop'.*nearest: dropout"):
        create("vgg16", drop=0.1)
    with pytest.raises(ValueError, match=r"has no option 'nam_classes'.*nearest: num_classes"):
        create("inception_v3", nam_classes=3)
    with pytest.raises(ValueError, match="num_classes"):
        create("googlenet", num_classes=-1)


def test_networks_of_ones_own():
    with torch.device("meta"):
        made = create("torchvision.models:squeezenet1_1", num_classes=3)
    assert type(made).__name__ == "SqueezeNet"
    assert made.num_classes == 3
    with pytest.raises(ImportError):
        create("no_such_package:net")
    with pytest.raises(ValueError, match="no callable 'nothing'"):
        create("torchvision.models:nothing")
    with pytest.raises(ValueError, match="gives a Tensor"):
        create("torch:zeros", size=(2,))


@pytest.mark.parametrize("name", ["bn_inception", "googlenet", "inception_v3"])
def test_networks_can_be_copied_and_sent_to_other_processes(name):
    with torch.device("meta"):
        model = create(name)
    assert list(copy.deepcopy(model).state_dict()) == list(model.state_dict())
    again = pickle.loads(pickle.dumps(find(name)))
    assert (again.name, again.size) == (name, find(name).size)
