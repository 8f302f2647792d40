"""Execute the book's notebooks and keep them in one form.

    python book/_tools/notebooks.py [NOTEBOOK ...]          execute, normalise, write
    python book/_tools/notebooks.py --check [NOTEBOOK ...]  only say what is not in that form

The form: executed from top to bottom in a fresh kernel, text outputs kept, since they are compared with a new
run by the tests, and nothing that differs from run to run or from machine to machine: no pictures, no timing.
"""

import argparse
import copy
import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError

BOOK = Path(__file__).parents[1]
TIMEOUT = 120  # seconds a cell
# The arrays are small: with a thread for every processor the threads of several kernels mostly wait for each other,
# and the last digits of a sum depend on how many there are.
ONE_THREAD = {"OMP_NUM_THREADS": "1"}

NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
TRANSIENT = {"widgets", "vscode", "colab", "toc"}
CELL_METADATA = {"mystnb", "tags"}
PICTURES = {"image/png", "image/jpeg"}


class NotebookError(Exception):
    """A notebook does not run, or runs with a warning."""


def read(path):
    """Read a notebook."""
    return nbformat.read(path, as_version=4)


def write(notebook):
    """Return a notebook as the text of its file."""
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def run(path):
    """Execute one notebook in a fresh kernel; return it with the seconds it took."""
    notebook = read(path)
    start = time.perf_counter()
    current = {}
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        coalesce_streams=True,
        record_timing=False,
        shutdown_kernel="immediate",  # it has nothing to save
        extra_arguments=["--log-level=ERROR"],  # a kernel warns that it listens on a local port
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_start=lambda cell, cell_index: current.update(cell=cell),
    )
    try:
        client.execute(env=os.environ | ONE_THREAD)
    except (CellControlSignal, DeadKernelError) as error:
        report = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip()
        raise NotebookError(f"{path.name}, cell {current['cell'].get('id')!r}:\n{report}") from None
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise NotebookError(f"{path.name}, cell {cell.get('id')!r} writes to stderr:\n{output.text}")
    return notebook, time.perf_counter() - start


def execute(paths, say=print):
    """Execute notebooks, one a processor at a time; yield path, notebook and seconds as each is done."""
    jobs = min(len(paths), os.cpu_count() or 1)
    if not jobs:
        return
    say(f"executing {len(paths)} notebook{'s' if len(paths) > 1 else ''}, {jobs} at a time")
    with ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(run, path): path for path in paths}
        try:
            for done in as_completed(running):
                notebook, seconds = done.result()
                say(f"  {running[done].name} in {seconds:.1f} s")
                yield running[done], notebook, seconds
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def normalise(notebook):
    """Return a notebook in the form described above."""
    notebook = copy.deepcopy(notebook)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    kept = {key: value for key, value in notebook.metadata.items() if key not in TRANSIENT}
    notebook.metadata = nbformat.from_dict(kept | NOTEBOOK_METADATA)
    code = (cell for cell in notebook.cells if cell.cell_type == "code")
    for count, cell in enumerate(code, start=1):
        cell.execution_count = count
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = count
            if "data" in output:
                output.metadata = {}
                output.data = {kind: data for kind, data in output.data.items() if kind not in PICTURES}
    for cell in notebook.cells:
        cell.metadata = {key: value for key, value in cell.metadata.items() if key in CELL_METADATA}
    return notebook


def faults(path):
    """Return what in a notebook is not in that form, in words."""
    found = read(path)
    wanted = normalise(found)
    faults = [
        f"{path.name}, cell {cell.get('id')!r}: {key.replace('_', ' ')}"
        for cell, form in zip(found.cells, wanted.cells, strict=True)
        for key in form
        if cell[key] != form[key]
    ]
    if found.metadata != wanted.metadata:
        faults.append(f"{path.name}: metadata of the notebook")
    if not faults and path.read_text(encoding="utf-8") != write(wanted):
        faults.append(f"{path.name}: layout of the file")
    return faults


def main():
    """Run the command described above."""
    parser = argparse.ArgumentParser(description="Execute the book's notebooks and keep them in one form.")
    parser.add_argument("--check", action="store_true", help="write nothing, only say what is not in that form")
    parser.add_argument("notebook", nargs="*", type=Path, default=sorted(BOOK.glob("*.ipynb")))
    options = parser.parse_args()
    if options.check:
        found = [fault for path in options.notebook for fault in faults(path)]
        if found:
            sys.exit("\n".join(["not in normal form (`make notebooks` mends it):", *found]))
        return
    try:
        for path, notebook, _ in execute(options.notebook):
            text = write(normalise(notebook))
            if path.read_text(encoding="utf-8") != text:
                path.write_text(text, encoding="utf-8")
                print(f"  {path.name} rewritten")
    except NotebookError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
