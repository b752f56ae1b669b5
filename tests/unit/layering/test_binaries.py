"""The programs are built so that a mistake in memory is harder to use: test_binaries.py BUILD IS_FORTIFIED
PROGRAM... prints TAP."""

import re
import subprocess
import sys


def readelf(program, *options):
    return subprocess.check_output(["readelf", "-W", *options, program], text=True)


def problems_of(program, is_fortified):
    header, segments = readelf(program, "-h"), readelf(program, "-l")
    dynamic, symbols = readelf(program, "-d"), readelf(program, "--dyn-syms")
    rules = {
        "loads at an address of chance (PIE)": "Type:" in header and "DYN (" in header and "PIE" in dynamic,
        "its tables are read-only (full RELRO)": "GNU_RELRO" in segments and "NOW" in dynamic,
        "its stack is not executable": re.search(r"GNU_STACK .* RW ", segments),
        "its stack is guarded": "__stack_chk_fail" in symbols,
        "its copies are bounded (FORTIFY)": not is_fortified or re.search(r"__(mem|str|v?s?n?printf)\w*_chk",
                                                                          symbols),
    }
    return [rule for rule, holds in rules.items() if not holds]


def main():
    is_fortified = sys.argv[1] == "fortified"
    print(f"1..{len(sys.argv[2:])}")
    for number, program in enumerate(sys.argv[2:], 1):
        problems = problems_of(program, is_fortified)
        print(f"{'not ok' if problems else 'ok'} {number} - {program.rsplit('/', 1)[1]} is hardened")
        for problem in problems:
            print(f"# it is not so that {problem}")
    sys.exit(any(problems_of(program, is_fortified) for program in sys.argv[2:]))


if __name__ == "__main__":
    main()
