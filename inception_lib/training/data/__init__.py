"""Data: where images come from, how they are read, changed and dealt out.

>>> from inception_lib.training.data import open_data
>>> data = open_data("shapes:100", size=32)
>>> len(data.train), data.classes[:3]
(100, ('disc', 'ring', 'triangle'))
"""

from .catalogue import describe_specs, open_data, open_to_judge
from .dataset import Dataset, Split
from .images import Unreadable, read_image
from .loader import Batch, Loader
from .preprocess import Preprocess

# The names under which the two were first published.
Data = Dataset
Source = Split

__all__ = [
    "Batch",
    "Data",
    "Dataset",
    "Loader",
    "Preprocess",
    "Source",
    "Split",
    "Unreadable",
    "describe_specs",
    "open_data",
    "open_to_judge",
    "read_image",
]
