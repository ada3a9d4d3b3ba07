"""How a network learns: the loss, the update, the data, the loop, and how it is judged."""

from .attribution import hires_cam
from .average import WeightAverage
from .bench import bench, time_by_block
from .data import Data, Dataset, Loader, Split, open_data
from .engine import Trainer
from .evaluate import Evaluation, compare, evaluate
from .export import export, script
from .features import pooled_features, read_features, save_features
from .folder import Result, load_run
from .inference import find_images, predict, top_classes
from .losses import LabelSmoothing, TrainingLoss
from .optim import RMSpropTF, clip_gradients, make_optimizer
from .probe import probe
from .recipes import RECIPES, SOURCES, Recipe, compare_recipes, get_recipe
from .schedule import learning_rate
from .trained import Trained, load_network, load_trained

__all__ = [
    "RECIPES",
    "SOURCES",
    "Data",
    "Dataset",
    "Evaluation",
    "LabelSmoothing",
    "Loader",
    "RMSpropTF",
    "Recipe",
    "Result",
    "Split",
    "Trained",
    "Trainer",
    "TrainingLoss",
    "WeightAverage",
    "bench",
    "clip_gradients",
    "compare",
    "compare_recipes",
    "evaluate",
    "export",
    "find_images",
    "get_recipe",
    "hires_cam",
    "learning_rate",
    "load_network",
    "load_run",
    "load_trained",
    "make_optimizer",
    "open_data",
    "pooled_features",
    "predict",
    "probe",
    "read_features",
    "save_features",
    "script",
    "time_by_block",
    "top_classes",
]
