"""``python -m inception_lib`` is the command ``inception``."""

from .cli import main

raise SystemExit(main())
