"""The command line: totals in every form, any network, and clear refusals."""

import csv
import importlib
import io
import json
import subprocess
import sys

import pytest
from counts import V3_AUX_PARAMS, V3_MACS, V3_PARAMS, V3_STEP_MACS
from torch import nn

from inception_lib.cli import COMMANDS, main
from inception_lib.cli.parser import Parser


def test_json_has_the_totals_on_top(capsys):
    assert main(["cost", "inception_v3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["macs"], found["params"]) == (V3_MACS, V3_PARAMS)
    assert found["rows"][-1] == {
        "module": "fc",
        "output": "1000",
        "params": 2_049_000,
        "macs": 2_048_000,
    }


def test_csv_is_a_table(capsys):
    main(["rf", "inception_v3", "--csv"])
    rows = {row["module"]: row for row in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    last = rows["Mixed_7c"]
    assert (last["size"], last["stride"], last["padding"]) == ("1311×1311", "32×32", "618×618")
    assert (last["window"], rows["maxpool2"]["window"]) == ("hull", "exact")
    assert last["why"].startswith("channels see different windows; windows of different shapes")


def upsampling():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.Upsample(scale_factor=2), nn.Conv2d(4, 4, 3))


def test_an_unknown_reach_costs_no_table(capsys):
    assert main(["rf", f"{__name__}:upsampling", "--size", "9", "--json"]) == 0
    first, *others = json.loads(capsys.readouterr().out)["rows"]
    assert (first["size"], first["window"], first["why"]) == ("3×3", "exact", "")
    assert others
    for row in others:
        assert (row["size"], row["window"]) == (None, None)
        assert row["why"] == "the reach of 1 (upsample) is not known"
    main(["rf", f"{__name__}:upsampling", "--size", "9"])
    assert "–  the reach of 1 (upsample) is not known" in capsys.readouterr().out


def test_tables_for_the_eye(capsys):
    main(["summary", "inception_v3", "--train"])
    text = capsys.readouterr().out
    assert f"training_macs: {V3_STEP_MACS:,}" in text
    assert f"params: {V3_AUX_PARAMS:,}" in text
    assert "size: 299×299×3" in text


def test_any_callable_at_any_size(capsys):
    assert main(["cost", "torchvision.models:resnet18", "--size", "64x96", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["size"] == [3, 64, 96]
    assert found["params"] == 11_689_512


@pytest.mark.parametrize(
    ("network", "shape", "params"),
    [
        ("googlenet", [3, 224, 224], None),
        ("torchvision.models:resnet18", [3, 299, 299], 11_689_512),
        ("timm.models.resnet:resnet18", [3, 224, 224], 11_689_512),
    ],
)
def test_a_network_has_its_own_size(network, shape, params, capsys):
    assert main(["cost", network, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["size"] == shape
    assert params in (None, found["params"])


def test_compare(capsys):
    names = ["inception_v3", "bn_inception"]
    assert main(["compare", *names, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["network"] for row in rows] == names
    assert [row["input"] for row in rows] == ["299×299×3", "224×224×3"]
    assert rows[0]["macs"] == V3_MACS
    for name, row in zip(names, rows, strict=True):
        main(["cost", name, "--json"])
        alone = json.loads(capsys.readouterr().out)
        assert (row["macs"], row["params"]) == (alone["macs"], alone["params"])
    main(["compare", *names, "--csv", "--size", "320"])
    table = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["input"] for row in table] == ["320×320×3"] * 2
    assert set(table[0]) == set(rows[0])
    main(["compare", *names])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("network")
    assert "5,713.22" in lines[1]


def test_a_network_in_the_current_folder(tmp_path):
    (tmp_path / "readers_net.py").write_text(
        "from torch import nn\nmake = lambda: nn.Conv2d(1, 2, 3)\n"
    )
    code = "import sys; from inception_lib.cli import main; sys.exit(main())"
    command = [sys.executable, "-P"] if sys.version_info >= (3, 11) else [sys.executable]
    command += ["-c", code, "cost", "readers_net:make", "--size", "5", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert json.loads(done.stdout)["macs"] == 3 * 3 * 2 * 9, done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["cost", "inception_v9"], "no network is called 'inception_v9'"),
        (["cost", "inception_v3", "--size", "74"], "at least 75×75"),
        (["cost", "json:dumps_"], "json has no callable 'dumps_'"),
        (["cost", "builtins:dict"], "gives a dict, not a torch.nn.Module"),
        (["cost", "no_such_package:net"], "No module named 'no_such_package'"),
    ],
)
def test_refusals(arguments, words, capsys):
    assert main(arguments) == 2
    assert words in capsys.readouterr().err


def test_a_size_that_is_none(capsys):
    with pytest.raises(SystemExit):
        main(["cost", "inception_v3", "--size", "large"])
    assert "'large' is no size" in capsys.readouterr().err


def test_it_runs_as_a_module():
    command = [sys.executable, "-m", "inception_lib", "cost", "inception_v3", "--json"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert json.loads(out)["macs"] == V3_MACS


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--version"], "0."),
        (["--help"], "networks side by side"),
        (["cots", "inception_v3"], "no command is called 'cots'; near it: cost"),
        ([], "COMMAND"),
    ],
)
def test_what_needs_no_torch_does_not_wait_for_it(arguments, words):
    """torch takes seconds to load: the list of commands, the version and a typo do without."""
    script = (
        "import sys\nfrom inception_lib.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "print('torch' in sys.modules)"
    )
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert words in done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "False"


def test_the_list_of_commands_is_what_the_commands_say():
    for module, names in COMMANDS.items():
        parser = Parser()
        commands = parser.add_subparsers()
        importlib.import_module(f"inception_lib.cli.{module}").add_commands(commands)
        said = {action.dest: action.help for action in commands._choices_actions}
        assert said == dict(names), module


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["cost", "inception_v3", "--siez", "3"],
            "inception cost: there is no --siez; near it: --si",
        ),
        (["train", "--epoch", "3"], "inception train: there is no --epoch; near it: --epochs"),
        (["train", "--epochs", "many"], "argument --epochs: invalid int value: 'many'"),
        (["train", "--precision", "fp8"], "argument --precision: invalid choice: 'fp8'"),
        (["cost"], "the following arguments are required: NET"),
    ],
)
def test_a_mistake_is_answered_in_one_line(arguments, words, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
    assert line.endswith("--help lists what there is)")


def test_what_is_not_counted_is_noted(tmp_path, monkeypatch, capsys):
    (tmp_path / "readers_bilinear.py").write_text(
        "import torch\nfrom torch import nn\n"
        "class Net(nn.Module):\n"
        "    def forward(self, x):\n"
        "        return torch.linalg.inv(x)\n"
    )
    monkeypatch.chdir(tmp_path)
    assert main(["cost", "readers_bilinear:Net", "--size", "5"]) == 0
    assert "note: readers_bilinear:Net: not counted: linalg_inv" in capsys.readouterr().err
