"""Runs test programs and counts their cases: run_tests.py BUILD NAME SUITE... prints one line a program.

NAME is a part of the tests' names; empty: all. A program of Check writes TAP to the file that
CK_TAP_LOG_FILE_NAME names, a script may print TAP; any other program is one case, which passes when it
exits 0. The counts go into the file MILLRACE_COUNTS, a line a program.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

TIMEOUT_S = 600
TAP_LINE = re.compile(r"^(not )?ok \d+", re.M)


def tests_of(build, name, suites):
    listed = subprocess.check_output(["meson", "introspect", "--tests", build], text=True)
    for test in json.loads(listed):
        its_suites = {suite.split(":")[-1] for suite in test["suite"]}
        if name in test["name"] and its_suites & set(suites):
            yield test


def count_cases(output, succeeded):
    """(passed, failed) of one program."""
    results = [match.group(1) for match in TAP_LINE.finditer(output)]
    failed = sum(1 for result in results if result)
    passed = len(results) - failed
    if not results:
        return (1, 0) if succeeded else (0, 1)
    return (passed, failed if succeeded or failed else 1)


def run(test, build):
    with tempfile.TemporaryDirectory(prefix="millrace-") as folder:
        tap = pathlib.Path(folder) / "tap"
        environment = {**os.environ, **test["env"], "CK_TAP_LOG_FILE_NAME": str(tap), "TMPDIR": folder}
        started = time.monotonic()
        try:
            done = subprocess.run(test["cmd"], env=environment, cwd=test["workdir"] or build, text=True,
                                  errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=TIMEOUT_S)
            output, succeeded = done.stdout, done.returncode == 0
        except subprocess.TimeoutExpired as expired:
            output, succeeded = f"no end after {TIMEOUT_S} s\n{expired.stdout or ''}", False
        passed, failed = count_cases((tap.read_text() if tap.exists() else "") or output, succeeded)
        took_s = time.monotonic() - started
    verdict = "FAIL" if failed else "ok  "
    print(f"{verdict} {test['name']}: {passed} passed, {failed} failed, {took_s:.1f} s", flush=True)
    if failed:
        print("\n".join(f"     {line}" for line in output.splitlines()[-60:]), flush=True)
    return passed, failed


def main():
    build, name, *suites = sys.argv[1:]
    results = [run(test, build) for test in tests_of(build, name, suites)]
    with open(os.environ["MILLRACE_COUNTS"], "a") as counts:
        for passed, failed in results:
            counts.write(f"{passed} {failed}\n")


if __name__ == "__main__":
    main()
