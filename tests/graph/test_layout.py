"""Which operations treat each cell by itself, which see the whole grid, and which are refused."""

import pytest
import torch
import torch.nn.functional as F
from test_seen import gradients
from torch import nn

from inception_lib import receptive_field, trace

SIZE = (6, 6)  # rows, columns and channels alike, so that axes taken for one another show


class Then(nn.Module):
    """A convolution, then what is asked about, on 6 channels."""

    def __init__(self, then):
        super().__init__()
        self.conv = nn.Conv2d(2, 6, (1, 3), padding=(0, 1), padding_mode="zeros")
        self.then = then

    def forward(self, x):
        return self.then(self.conv(x))


def of(then):
    """The model in evaluation and in double precision, its fields and its last node."""
    torch.manual_seed(0)
    model = Then(then).double().eval()
    graph = trace(model, (2, *SIZE))
    return model, receptive_field(graph), graph.outputs[0]


ACTIVATIONS = [
    kind for name in nn.modules.activation.__all__
    if (kind := getattr(nn, name)) not in
    (nn.MultiheadAttention, nn.GLU, nn.Softmin, nn.Softmax, nn.LogSoftmax)
]  # fmt: skip


def activation(kind):
    return kind(-1.0, 0.5) if kind is nn.Threshold else kind()


@pytest.mark.parametrize("kind", ACTIVATIONS, ids=lambda kind: kind.__name__)
def test_every_activation_of_torch_is_seen_through(kind):
    """Softmax2d, over the channels, included."""
    _, fields, name = of(activation(kind))
    assert fields[name] == fields["conv"]
    assert fields[name].exact


POINTWISE = {
    "selu": F.selu,
    "celu in place": lambda x: F.celu(x, inplace=True),
    "softsign": F.softsign,
    "logsigmoid": F.logsigmoid,
    "threshold in place": lambda x: F.threshold_(x, 0.1, 0.0),
    "relu in place": torch.relu_,
    "where": lambda x: torch.where(x > 0, x, 2 * x),
    "where of two": lambda x: torch.where(x > 0, x.exp(), x.sin()),
    "detach": lambda x: x + x.detach(),
    "maximum": lambda x: torch.maximum(x, -x),
    "lerp": lambda x: torch.lerp(x, x * x, 0.3),
    "addcmul": lambda x: torch.addcmul(x, x, x),
    "masked fill": lambda x: x.masked_fill(x < 0, 0.5),
    "methods in place": lambda x: (x * 1).mul_(2).clamp_(-1, 1).sigmoid_(),
    "double": lambda x: x.double().type_as(x).to(torch.float64),
    "reciprocal": lambda x: (x.square() + 1).rsqrt().log1p(),
    "floor": lambda x: x - x.floor() + x.round(),
    "channel shuffle": nn.ChannelShuffle(3),
    "function shuffle": lambda x: F.channel_shuffle(x, 2),
    "batch norm": nn.BatchNorm2d(6),
    "synchronised": nn.SyncBatchNorm(6),
    "statistics kept": nn.InstanceNorm2d(6, track_running_stats=True),
    "alpha dropout": nn.AlphaDropout(),
    "feature dropout": nn.FeatureAlphaDropout(),
    "log softmax": lambda x: x.log_softmax(1),
    "all of it": lambda x: x[:, :, 0:6],
    "ellipsis": lambda x: x[..., :],
    "stacked and summed": lambda x: torch.stack((x, 2 * x), 1).sum(1),
    "stacked behind": lambda x: torch.stack((x, 2 * x), -1)[..., 0],
    "a channel": lambda x: x[:, 2:3],
}


@pytest.mark.parametrize("what", POINTWISE)
def test_pointwise_operations_are_seen_through(what):
    model, fields, name = of(POINTWISE[what])
    assert fields[name] == fields["conv"]
    lit = gradients(model, SIZE).any(0)
    for i, j in ((0, 0), (3, 5)):
        assert fields.seen(name, (i, j)).equal(lit[i, j])


WHOLE = {
    "sum of all": lambda x: x * x.sum(),
    "mean of all": lambda x: x * torch.mean(x),
    "gate": lambda x: x * x.mean((2, 3), keepdim=True).sigmoid(),
    "gate by index": lambda x: x * x.mean((2, 3))[:, :, None, None],
    "expanded": lambda x: x * x.mean((2, 3), keepdim=True).expand_as(x),
    "radix of a split": lambda x: (
        x * x.mean((2, 3), keepdim=True).reshape(-1, 2, 3, 1).softmax(1).reshape(-1, 6, 1, 1)
    ),
    "a convolution of channels": lambda x: (
        x
        * F.conv1d(
            x.mean((2, 3))[:, None], torch.ones(1, 1, 3, dtype=x.dtype), padding=1
        ).transpose(1, 2)[..., None]
    ),
    "no statistics": nn.BatchNorm2d(6, track_running_stats=False),
    "no statistics, function": lambda x: F.batch_norm(x, None, None, training=True),
    "instance norm": nn.InstanceNorm2d(6),
    "instance norm, function": lambda x: F.instance_norm(x),
    "group norm": nn.GroupNorm(2, 6),
    "layer norm": lambda x: F.layer_norm(x, (6, 6, 6)),
}


@pytest.mark.parametrize("what", WHOLE)
def test_what_sees_the_whole_grid(what):
    model, fields, name = of(WHOLE[what])
    assert fields[name].window((2, 3)) == ((0, -1), (5, 6))
    images = torch.rand(2, 2, *SIZE, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(model(images)[0, 1, 2, 3], images)
    assert bool((gradient[0] != 0).all())
    assert bool(fields.seen(name, (2, 3)).all())


REFUSED = {
    "rows by a list": (lambda x: x[:, :, [1, 0, 2, 3, 4, 5]], r"index \(index\) is not known"),
    "rows by a tensor": (lambda x: x[:, :, torch.arange(5, -1, -1)], r"\(index\) is not known"),
    "index_select": (lambda x: x.index_select(2, torch.arange(6)), "index_select"),
    "a row": (lambda x: x[:, :, 2], "takes a part of the grid"),
    "a column behind an ellipsis": (lambda x: x[..., 2], "takes a part of the grid"),
    "a new axis": (lambda x: x[:, None], "drops or adds axes"),
    "flip": (lambda x: x.flip(2), r"flip \(flip\) is not known"),
    "sorted": (lambda x: x.sort(dim=2)[0], r"\(sort\) is not known"),
    "topk": (lambda x: torch.topk(x, 6, dim=3)[0], r"\(topk\) is not known"),
    "running maximum": (lambda x: x.cummax(2)[0], r"\(cummax\) is not known"),
    "sums so far": (lambda x: x.cumsum(3), r"\(cumsum\) is not known"),
    "maximum of rows": (lambda x: x + x.max(2, keepdim=True)[0], r"\(max\) is not known"),
    "transposed": (lambda x: x + x.transpose(2, 3), "different sides or layouts"),
    "gated linear unit": (lambda x: F.glu(x, 3), r"\(glu\) is not known"),
    "softmax of rows": (lambda x: x.softmax(2), "works along a part of the grid"),
    "softmax, no axis": (nn.Softmax(), "does not say along which axis"),
    "over the images": (lambda x: x - x.mean(0, keepdim=True), "images of a batch"),
    "its own weights": (
        lambda x: F.conv2d(x, x.mean((2, 3), keepdim=True).sum(0, keepdim=True)),
        "is not known|computed from the image|images of a batch",
    ),
    "upsampled": (nn.Upsample(scale_factor=2), r"\(upsample\) is not known"),
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.filterwarnings("ignore:Implicit dimension choice")
def test_what_is_not_known_is_refused_by_name(what):
    then, words = REFUSED[what]
    _, fields, name = of(then)
    assert name not in fields
    with pytest.raises(ValueError, match=words):
        fields[name]
    assert fields["conv"].exact  # one unknown node costs what stands before it nothing


PADDINGS = {
    "reflect": nn.ReflectionPad2d((2, 1, 1, 2)),
    "replicate": nn.ReplicationPad2d(2),
    "circular": nn.CircularPad2d((1, 2, 2, 1)),
    "zeros": nn.ZeroPad2d((1, 0, 2, 1)),
    "a constant": nn.ConstantPad2d(1, 3.0),
    "function, one axis": lambda x: F.pad(x, (2, 1)),
    "function, reflect": lambda x: F.pad(x, (1, 1, 2, 2), mode="reflect"),
    "convolution, circular": nn.Conv2d(6, 2, 3, padding=1, padding_mode="circular"),
    "convolution, reflect": nn.Conv2d(6, 2, 3, padding=1, padding_mode="reflect"),
    "convolution, dilated": nn.Conv2d(6, 2, 3, padding=2, dilation=2, padding_mode="reflect"),
}


@pytest.mark.parametrize("what", PADDINGS)
def test_padding_of_every_kind_against_gradients(what):
    model, fields, name = of(PADDINGS[what])
    lit = gradients(model, SIZE).any(0)
    inside = True
    for i in range(lit.shape[0]):
        for j in range(lit.shape[1]):
            assert fields.seen(name, (i, j)).equal(lit[i, j])
            if name in fields:
                (top, left), (bottom, right) = fields[name].window((i, j))
                outside = lit[i, j].clone()
                outside[max(top, 0) : max(bottom + 1, 0), max(left, 0) : max(right + 1, 0)] = False
                inside &= not outside.any()
    assert inside
    if name not in fields:
        assert "see more than their window" in fields.reasons[name]
    plain = ("zeros", "a constant", "function, one axis", "convolution, reflect")
    assert (name in fields) == (what in (*plain, "convolution, dilated"))
