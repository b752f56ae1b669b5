"""Reasons of errors come from the protos: none is written a second time. Prints TAP."""

import pathlib
import re
import sys

from check_includes import files_of

DECLARED = re.compile(r"^  (REASON_[A-Z0-9_]+) = [1-9]")
DEFINED = re.compile(r"#\s*define\s+REASON_")
LITERAL = re.compile(r'\b(error_(new|wrap)\((\s*[^,"]+,){2}|error_is\([^,"]+,)\s*"')


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def written_by_hand(path, text):
    """What defines a reason, or names one by its text; tests may, which are clients."""
    return [f"{path}:{line_of(text, found.start())}: {found[0].split(chr(10))[0]}"
            for pattern in (DEFINED, LITERAL) for found in pattern.finditer(text)]


def sources(root):
    return {path: pathlib.Path(root, path).read_text(encoding="utf-8")
            for path in files_of(root) if not path.startswith("tests/")}


def unused(root, texts):
    """Reasons that no source gives or expects."""
    code = "\n".join(texts.values())
    return [f"{path.relative_to(root)}: {declared[1]}"
            for path in sorted(pathlib.Path(root, "protos").rglob("*.proto"))
            for line in path.read_text(encoding="utf-8").split("\n")
            if (declared := DECLARED.match(line)) and not re.search(rf"\b{declared[1]}\b", code)]


def notices():
    """The check sees what it should, and nothing else."""
    return [written_by_hand("a.c", '#define REASON_FULL "FULL"\n'),
            written_by_hand("a.c", 'return error_new(arena, ERROR_ABORTED,\n        "FULL", "It is full");'),
            written_by_hand("a.c", 'error_wrap(ctx->arena, ERROR_ABORTED, "FULL", cause, "It is full")'),
            written_by_hand("a.c", 'if (error_is(error, "FULL"))'),
            not written_by_hand("a.c", '#define INNER_FULL "FULL"\n'),
            not written_by_hand("a.c", 'error_new(arena, ERROR_ABORTED, REASON_FULL, "It is full")'),
            not written_by_hand("a.c", 'error_internal(arena, NULL, "It is full")')]


def main():
    root = sys.argv[1]
    texts = sources(root)
    tests = [
        ("the check notices what is written by hand", [] if all(notices()) else ["it does not"]),
        ("no source defines a reason, or names one by its text",
         [problem for path, text in texts.items() for problem in written_by_hand(path, text)]),
        ("every reason of the protos is used", unused(root, texts)),
    ]
    print(f"1..{len(tests)}")
    for number, (name, problems) in enumerate(tests, 1):
        print(f"{'not ok' if problems else 'ok'} {number} - {name}")
        for problem in problems:
            print(f"# {problem}")
    sys.exit(any(problems for _, problems in tests))


if __name__ == "__main__":
    main()
