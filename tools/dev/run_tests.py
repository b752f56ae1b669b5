"""Runs test programs side by side and counts their cases: run_tests.py BUILD NAME SUITE... prints one line a
program when it ends.

Most of the time a program waits, for a lease, a restart, a server, so more of them run than there are
processors. Those with a higher priority in their meson.build start earlier; those with is_parallel: false
run last, each of them alone. NAME is a part of the tests' names; empty: all. A program of Check writes TAP to
the file that CK_TAP_LOG_FILE_NAME names, a script may print TAP; any other program is one case, which passes
when it exits 0. The counts go into the file MILLRACE_COUNTS: passed, failed and skipped, a line a program and
one more for each case that it skipped, with why.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

TIMEOUT_S = 600
CASE_TIMEOUT_S = 60  # of a case of Check that names none; it ends what hangs
CASE_PATIENCE = 4  # times what a case names, so that a busy machine does not look like one that hangs
JOBS_PER_PROCESSOR = 2
TAP_LINE = re.compile(r"^(not )?ok \d+(?!.*# SKIP)", re.M)
TAP_SKIP = re.compile(r"^(?:ok \d+|1\.\.0).*# SKIP (.*)", re.M)


def suite_of(test):
    return test["suite"][0].split(":")[-1]


def tests_of(build, name, suites):
    """The long ones first, since what starts last is waited for by nobody but the person."""
    listed = json.loads(subprocess.check_output(["meson", "introspect", "--tests", build], text=True))
    wanted = [test for test in listed if name in test["name"] and suite_of(test) in suites]
    return sorted(wanted, key=lambda test: -test["priority"])


def count_cases(output, succeeded):
    """(passed, failed) of one program."""
    results = [match.group(1) for match in TAP_LINE.finditer(output)]
    if not results and TAP_SKIP.search(output):
        return (0, 0) if succeeded else (0, 1)
    failed = sum(1 for result in results if result)
    passed = len(results) - failed
    if not results:
        return (1, 0) if succeeded else (0, 1)
    return (passed, failed if succeeded or failed else 1)


def skipped_cases(output):
    """Why each case that a program skipped was."""
    return TAP_SKIP.findall(output)


def run(test, build):
    """(passed, failed, why each skipped one was) of one program, and what is to be printed of it."""
    with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
        tap = pathlib.Path(folder) / "tap"
        environment = {**os.environ, **test["env"], "CK_TAP_LOG_FILE_NAME": str(tap), "TMPDIR": folder,
                       "CK_DEFAULT_TIMEOUT": str(CASE_TIMEOUT_S),
                       "CK_TIMEOUT_MULTIPLIER": str(CASE_PATIENCE)}
        started = time.monotonic()
        try:
            done = subprocess.run(test["cmd"], env=environment, cwd=test["workdir"] or build, text=True,
                                  errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=TIMEOUT_S)
            output, succeeded = done.stdout, done.returncode == 0
        except subprocess.TimeoutExpired as expired:
            output, succeeded = f"no end after {TIMEOUT_S} s\n{expired.stdout or ''}", False
        except OSError as why:
            output, succeeded = f"it cannot be started: {why}", False
        told = (tap.read_text() if tap.exists() else "") or output
        passed, failed = count_cases(told, succeeded)
        skipped = [f"skipped {test['name']}: {why}" for why in skipped_cases(told)]
        took_s = time.monotonic() - started
    verdict = "FAIL" if failed else "ok  " if passed else "skip"
    lines = [f"{verdict} {suite_of(test)} {test['name']}: {passed} passed, {failed} failed, {took_s:.1f} s"]
    if failed:
        lines += [f"     {line}" for line in output.splitlines()[-60:]]
    return passed, failed, skipped, "\n".join(lines + skipped)


def run_all(tests, build, n_jobs):
    """(passed, failed, skipped) of each program, in the order in which they ended."""
    with concurrent.futures.ThreadPoolExecutor(n_jobs) as pool:
        running = [pool.submit(run, test, build) for test in tests]
        try:
            for one in concurrent.futures.as_completed(running):
                *counts, text = one.result()
                print(text, flush=True)
                yield counts
        finally:  # Ctrl-C ends the programs that run, and no other one starts
            pool.shutdown(cancel_futures=True)


def main():
    build, name, *suites = sys.argv[1:]
    tests = tests_of(build, name, suites)
    together = [test for test in tests if test["is_parallel"]]
    alone = [test for test in tests if not test["is_parallel"]]
    n_jobs = int(os.environ.get("MILLRACE_TEST_JOBS", JOBS_PER_PROCESSOR * len(os.sched_getaffinity(0))))
    with open(os.environ["MILLRACE_COUNTS"], "a") as counts:
        for passed, failed, skipped in [*run_all(together, build, n_jobs), *run_all(alone, build, 1)]:
            counts.write(f"{passed} {failed} 0\n" + "".join(f"0 0 1 {why}\n" for why in skipped))


if __name__ == "__main__":
    main()
