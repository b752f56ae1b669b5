"""What CONTRIBUTING.md says of form and a program can see. Prints TAP."""

import os
import pathlib
import re
import sys

COLUMNS = 110
FILE_LINES = 500
FUNCTION_LINES = 60
NOT_OURS = ("node_modules", "golden", "build", ".", "__")


def sources(root, *endings):
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith(NOT_OURS))
        yield from (pathlib.Path(folder, name) for name in sorted(files) if name.endswith(endings))


def wide_lines(path, lines):
    return [f"{path}:{number}: {len(line)} columns"
            for number, line in enumerate(lines, 1) if len(line) > COLUMNS]


def crowded_braces(path, lines):
    """A compound literal is written "(Type) { ... }"."""
    return [f"{path}:{number}: no blank between ) and {{"
            for number, line in enumerate(lines, 1) if "){" in line]


def long_file(path, lines):
    return [f"{path}: {len(lines)} lines"] if len(lines) > FILE_LINES else []


def long_functions(path, lines):
    found, start = [], None
    for number, line in enumerate(lines, 1):
        if re.match(r"[A-Za-z].*\(", line) and not line.endswith(";"):
            start = number
        if line == "}" and start:
            if number - start - 1 > FUNCTION_LINES:
                found.append(f"{path}:{start}: a function of {number - start - 1} lines")
            start = None
    return found


def drifted_signatures(path, lines):
    """A signature goes on under what stands behind its open parenthesis."""
    found, opened = [], []
    for number, line in enumerate(lines, 1):
        if opened and len(line) - len(line.lstrip()) != opened[-1]:
            found.append(f"{path}:{number}: not under the parenthesis")
        if opened or re.match(r"[A-Za-z][^=]*\(", line):
            for column, character in enumerate(line, 1):
                if character == "(":
                    opened.append(column)
                elif character == ")" and opened:
                    opened.pop()
    return found


def told_fences(path, lines):
    """What a fence raises ends inside its part: a caller would be told its reason without its words."""
    return [f"{path}:{text[:place.start()].count(chr(10)) + 1}: a fence raises a reason of the contract"
            for text in ["\n".join(lines)] for place in re.finditer(r"require_rows\([^;]*?REASON_", text)]


def check(root, rule, *endings):
    return [problem for path in sources(root, *endings)
            for problem in rule(path.relative_to(root), path.read_text().split("\n"))]


def notices_what_is_too_much():
    body = ["        g();"] * FUNCTION_LINES
    return [not wide_lines("a.c", ["x" * COLUMNS]),
            wide_lines("a.c", ["x" * (COLUMNS + 1)]),
            not crowded_braces("a.c", ["f((T) { 1 });"]),
            crowded_braces("a.c", ["f((T){ 1 });"]),
            not long_file("a.c", ["x"] * FILE_LINES),
            long_file("a.c", ["x"] * (FILE_LINES + 1)),
            not long_functions("a.c", ["int f(void) {", *body, "}"]),
            long_functions("a.c", ["int f(void) {", *body, "        g();", "}"]),
            long_functions("a.c", ["int f(int a,", "      int b) {", *body, "}"]),
            not drifted_signatures("a.c", ["int f(int a,", "      int (*b)(void),", "      int c) {"]),
            drifted_signatures("a.c", ["int f(int a,", "       int b);"]),
            not told_fences("a.c", ['"SELECT require_rows(1, \'" INNER_A "\')");', "REASON_A"]),
            told_fences("a.c", ['"SELECT require_rows(1,"', '"                    \'" REASON_A "\')");'])]


def main():
    root = pathlib.Path(sys.argv[1])
    code = (".c", ".h", ".py")
    tests = [
        ("the check notices what is too much", [] if all(notices_what_is_too_much()) else ["it does not"]),
        (f"no line is longer than {COLUMNS} columns", check(root, wide_lines, *code)),
        ("a blank stands before every brace", check(root, crowded_braces, ".c", ".h")),
        (f"no file is longer than {FILE_LINES} lines", check(root, long_file, *code)),
        (f"no function is longer than {FUNCTION_LINES} lines", check(root, long_functions, ".c")),
        ("a signature goes on under its parenthesis", check(root, drifted_signatures, ".c", ".h")),
        ("no fence raises a reason of the contract", check(root, told_fences, ".c", ".h")),
    ]
    print(f"1..{len(tests)}")
    for number, (name, problems) in enumerate(tests, 1):
        print(f"{'not ok' if problems else 'ok'} {number} - {name}")
        for problem in problems:
            print(f"# {problem}")
    sys.exit(1 if any(problems for _, problems in tests) else 0)


if __name__ == "__main__":
    main()
