"""What the runner counts. Prints TAP."""

import subprocess
import sys
import tempfile

from millrace import ROOT, equal, run_tests
from run_tests import count_cases, skipped_cases

LINT = ROOT / "tests/unit/protos/lint.sh"


def what_is_skipped_is_neither_passed_nor_failed():
    equal(count_cases("1..0 # SKIP no registry\n", True), (0, 0))
    equal(skipped_cases("1..0 # SKIP no registry\n"), ["no registry"])
    mixed = "ok 1 - a\nok 2 - b # SKIP no registry\nnot ok 3 - c\n1..3\n"
    equal(count_cases(mixed, False), (1, 1))
    equal(skipped_cases(mixed), ["no registry"])


def a_program_that_fails_is_not_skipped():
    equal(count_cases("1..0 # SKIP no registry\n", False), (0, 1))
    equal(count_cases("", False), (0, 1))
    equal(count_cases("ok 1 - a\n", False), (1, 1))


def a_program_without_tap_is_one_case():
    equal(count_cases("", True), (1, 0))
    equal(skipped_cases("hello\n"), [])


def without_buf_the_lint_is_skipped():
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run([LINT, "image", "config", empty], capture_output=True, text=True)
    equal(done.returncode, 0)
    equal(skipped_cases(done.stdout), ["buf is not installed: npm ci needs a registry"])


if __name__ == "__main__":
    sys.exit(1 if run_tests([
        what_is_skipped_is_neither_passed_nor_failed, a_program_that_fails_is_not_skipped,
        a_program_without_tap_is_one_case, without_buf_the_lint_is_skipped]) else 0)
