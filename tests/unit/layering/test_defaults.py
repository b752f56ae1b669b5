"""The times and limits that the documents name are those that a program has when nothing is set. Prints TAP.
usage: test_defaults.py MILLRACE"""

import re
import subprocess
import sys

from millrace import equal, run_tests

MINUTE_MS = 60000
# Setting -> its value, and the requirements of docs/requirements.md that ask for it.
DOCUMENTED = {
    "MILLRACE_WAREHOUSE_HOLD_MS": (15 * MINUTE_MS, "P14"),
    "MILLRACE_PROMOTION_HOLD_MS": (15 * MINUTE_MS, "P14"),
    "MILLRACE_ORDER_DEADLINE_MS": (45000, "P41"),
    "MILLRACE_PAYMENT_TIMEOUT_MS": (30000, "P41"),
    "MILLRACE_RATE_LIMIT_PER_MINUTE": (100, "G5"),
    "MILLRACE_ORDER_LAST_SAID_MS": (30 * MINUTE_MS, "P45"),
    "MILLRACE_PRICING_MAX_AGE_MS": (30 * MINUTE_MS, "P45"),
    "MILLRACE_REVIEW_REQUEST_DELAY_MS": (7 * 24 * 60 * MINUTE_MS, "REV-3"),
    "MILLRACE_BREAKER_FAILURES": (5, "P44"),
    "MILLRACE_BREAKER_WINDOW_MS": (MINUTE_MS, "P44"),
}


def defaults(program):
    told = subprocess.run([program, "--help"], check=True, capture_output=True, text=True).stdout
    return dict(re.findall(r"^ +(MILLRACE_\w+)\n +.*\[(.*)\]$", told, re.MULTILINE))


def what_the_documents_name_is_the_default(found):
    for name, (value, requirement) in DOCUMENTED.items():
        equal((requirement, name, found.get(name)), (requirement, name, str(value)))


def main():
    sys.exit(1 if run_tests([what_the_documents_name_is_the_default], defaults(sys.argv[1])) else 0)


if __name__ == "__main__":
    main()
