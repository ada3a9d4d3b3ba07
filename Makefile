# make book       the pages, at _build/html/index.html (Python 3.10 or newer is all it needs)
# make test       everything that is checked: style, types, library, chapters, pages in a browser
# make quick      the heart of it in a minute and a half: no browser, no notebook, no sweep
# make notebooks  run the chapters again and store their outputs; CHAPTER=05 for one
# make colab      run the committed chapters with only what Colab has; CHAPTER=05 for one
# make results    run the recorded experiments again
# make bench      time the library beside others
# make lint       style and types alone
# make widgets    bundle the widgets' front end (needs node)
# make gallery    a page with every widget, at _build/gallery.html
# make screenshots  photograph every page, for eyes

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := book
.PHONY: book test quick notebooks colab results bench lint js widgets gallery screenshots env clean

# The first Python on the PATH that all pinned packages know.
find_python = $(shell for p in python3 python3.13 python3.12 python3.11 python3.10 python; do \
	command -v $$p >/dev/null 2>&1 && \
	$$p -c 'import sys; sys.exit(not $(1) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && \
	echo $$p && break; done)

BOOK_PYTHON ?= $(or $(call find_python,(3, 10)),python3)
PYTHON ?= $(or $(call find_python,(3, 11)),python3)

# All paths are relative, so that a checkout may lie under a path with spaces.
VENV := .venv/bin/python
BOOK_VENV := .venv-book/bin/python
PIP := -m pip install --quiet --disable-pip-version-check

# -- environments ------------------------------------------------------------------------------

.venv-book/.stamp: chapters/_book/requirements.txt
	test -x $(BOOK_VENV) || $(BOOK_PYTHON) -m venv .venv-book
	$(BOOK_VENV) $(PIP) --no-compile -r chapters/_book/requirements.txt
	touch $@

.venv/.stamp: requirements.txt chapters/_book/requirements.txt pyproject.toml
	test -x $(VENV) || $(PYTHON) -m venv .venv
	$(VENV) $(PIP) -r requirements.txt
	$(VENV) $(PIP) --no-deps -e .
	touch $@

env: .venv/.stamp

# -- the book ----------------------------------------------------------------------------------

# From stored outputs and with warnings as errors. Every page is read anew: a warning that an
# earlier build has cached would not be given again.
book: .venv-book/.stamp
	$(BOOK_VENV) chapters/_book/build.py

notebooks: .venv/.stamp
	$(VENV) chapters/_book/notebooks.py store $(CHAPTER)
	$(VENV) chapters/_book/draw_cover.py

screenshots: .venv/.stamp
	$(VENV) tests/browser/screenshots.py

# -- what is checked ---------------------------------------------------------------------------

lint: .venv/.stamp
	$(VENV) -m ruff check .
	$(VENV) -m mypy

js:
	node --test tests/js/*.test.js

# One run of pytest over the library, the stored notebooks (each cell run again, each output
# compared) and the built pages; a file stays with one worker, since the cells of a notebook do.
test: .venv/.stamp lint js book
	$(VENV) -m pytest -n 2 --dist loadfile --nbval --nbval-current-env \
		--nbval-cell-timeout 900 tests chapters/*.ipynb

# What breaks first when the library changes, by room; a file that takes long has no place here.
QUICK := tests/test_architecture.py tests/test_cli.py \
	$(addprefix tests/graph/test_,$(addsuffix .py,budgets layout stages trace traffic writes)) \
	$(addprefix tests/nets/test_,$(addsuffix .py,ladder modules scale specs)) \
	$(addprefix tests/training/test_,$(addsuffix .py,average checkpoint colour crops flags log \
		losses metrics optim preprocess recipes resized_crop schedule)) \
	$(addprefix tests/paper/test_,$(addsuffix .py,tables verdict)) \
	$(addprefix tests/viz/test_,$(addsuffix .py,base contract format))

quick: .venv/.stamp
	OMP_NUM_THREADS=1 $(VENV) -m pytest -q -n 2 --dist loadfile -m "not browser" $(QUICK)

# Not part of `make test`: it runs every chapter once more. What it reads is the last commit.
colab: .venv/.stamp
	$(VENV) tests/colab.py $(CHAPTER)

# -- what is measured --------------------------------------------------------------------------

results: .venv/.stamp
	$(VENV) experiments/run_all.py
	OMP_NUM_THREADS=1 $(VENV) experiments/run_queue.py
	OMP_NUM_THREADS=1 $(VENV) experiments/run_queue.py --record
	OMP_NUM_THREADS=1 $(VENV) experiments/ensembles.py

bench: .venv/.stamp
	for script in $(filter-out benchmarks/_%,$(wildcard benchmarks/*.py)); do echo "$$script"; $(VENV) "$$script"; done

# -- the widgets' front end --------------------------------------------------------------------

inception_lib/viz/js/node_modules/.stamp: inception_lib/viz/js/package-lock.json
	npm ci --no-audit --no-fund --prefix inception_lib/viz/js
	touch $@

widgets: inception_lib/viz/js/node_modules/.stamp
	npm run build --prefix inception_lib/viz/js

gallery: .venv/.stamp
	mkdir -p _build
	$(VENV) -c 'from inception_lib import viz; print(viz.to_page([w for name in viz.WIDGETS for w in getattr(viz, name).examples()], "_build/gallery.html", "All figures"))'

clean:
	rm -rf _build .pytest_cache .mypy_cache .ruff_cache .hypothesis
