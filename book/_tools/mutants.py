"""Meet the mutants that mutmut makes of the package: a test should fail when the code is changed a little.

    python book/_tools/mutants.py 'lossbook.mse.*' tests/test_calls.py tests/test_formula.py

takes the names of mutants, and what else pytest is to be told: the tests. `mutmut run` imports the package and collects
the tests for each mutant anew, which takes longer than to fail. Here pytest does so once, and each mutant gets a fork
of it, which runs the tests that reach the changed function, short ones first, until one fails. The verdicts are kept
where mutmut keeps its own: `mutmut results` lists the survivors, and `mutmut show` what was changed. A mutant that has
been killed is not met again.
"""

import json
import os
import resource
import sys
import time
from fnmatch import fnmatch

import pytest
from _pytest.runner import runtestprotocol
from mutmut import __main__ as mutmut
from mutmut.state import state

KILLED, SURVIVED, UNDECIDED, UNTESTED = 1, 0, 36, 33  # as mutmut has them


def in_fork(seconds, task, *arguments):
    """Return what a task returns in a process of its own; None when it dies, or takes more processor time."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            with open(write, "w") as pipe:
                json.dump(task(*arguments), pipe)
        finally:
            os._exit(0)
    os.close(write)
    with open(read) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return json.loads(answer) if answer else None


def passes(test, after=None):
    """Run a test."""
    return all(report.passed or report.skipped for report in runtestprotocol(test, nextitem=after, log=False))


def forget():
    """Empty the caches of package and tests: what was computed while the tests were collected is not the mutant's."""
    for module in [module for name, module in sys.modules.items() if name.startswith(("lossbook", "test"))]:
        for function in list(vars(module).values()):
            if hasattr(function, "cache_clear"):
                function.cache_clear()


def reached(tests):
    """Return the tests that pass with the code as it is, shortest first, with the functions that each reaches."""
    mutmut.set_mutant_under_test("stats")
    found = []
    for test in tests:
        forget()
        state()._stats.clear()
        start = time.process_time()
        if passes(test):
            found.append([time.process_time() - start, test.nodeid, sorted(state()._stats)])
    return sorted(found)


def killer(mutant, tests):
    """Return the first test that fails, or nothing."""
    mutmut.set_mutant_under_test(mutant)
    forget()
    pairs = zip(tests, [*tests[1:], None], strict=True)
    return next((test.nodeid for test, after in pairs if not passes(test, after)), "")


class Meeting:
    """A plugin that runs pytest's tests against each mutant of some modules whose name matches a pattern."""

    def __init__(self, modules, pattern):
        self.modules, self.pattern = modules, pattern

    def pytest_runtestloop(self, session):
        tests = {test.nodeid: test for test in session.items}
        known = in_fork(resource.RLIM_INFINITY, reached, session.items)
        for module in self.modules:
            for mutant, verdict in module.exit_code_by_key.items():
                if fnmatch(mutant, self.pattern) and verdict != KILLED:
                    function = mutmut.mangled_name_from_mutant_name(mutant)
                    chosen = [(seconds, tests[test]) for seconds, test, functions in known if function in functions]
                    module.exit_code_by_key[mutant] = verdict = meet(mutant, chosen)
                    module.save()
                    print(mutant, mutmut.status_by_exit_code[verdict], flush=True)
        return True


def meet(mutant, chosen):
    """Return the verdict on a mutant, of tests and the seconds that each takes."""
    if not chosen:
        return UNTESTED
    limit = 8 + round(2.5 * sum(seconds for seconds, _ in chosen))
    found = in_fork(limit, killer, mutant, [test for _, test in chosen])
    return UNDECIDED if found is None else KILLED if found else SURVIVED


def main(pattern, *options):
    """Make the mutants, and meet those whose name matches the pattern."""
    mutmut.set_mutant_under_test("mutant_generation")
    mutmut.makedirs("mutants", exist_ok=True)
    with mutmut.CatchOutput():
        mutmut.copy_src_dir()
        mutmut.copy_also_copy_files()
        mutmut.setup_source_paths()
        mutmut.create_mutants(os.cpu_count())
    modules = [mutmut.SourceFileMutationData(path=path) for path in mutmut.walk_mutatable_files()]
    for module in modules:
        module.meta_path = module.meta_path.absolute()
        module.load()
    os.chdir("mutants")
    mutmut.set_mutant_under_test("")
    os.environ["PYTHONPATH"] = os.getcwd()  # of the processes that tests start
    meeting = Meeting(modules, pattern)
    if code := pytest.main(["-q", "-p", "no:cacheprovider", "--capture=no", "--tb=no", *options], plugins=[meeting]):
        sys.exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:])
