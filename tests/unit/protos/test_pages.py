"""The tables of the pages say what the protos say, and the check notices one that does not. Prints TAP.

usage: test_pages.py PAGES IMAGE ROOT
"""

import pathlib
import subprocess
import sys
import tempfile

TABLES = ["<!-- calls of payment.v1 -->", "<!-- reasons of payment.v1 -->", "<!-- statuses -->"]


def run(*arguments):
    done = subprocess.run([sys.executable, *arguments], text=True, capture_output=True)
    return done.returncode, done.stdout + done.stderr


def check(pages, image, root):
    yield "the pages are up to date", run(pages, image, root, "--check")
    with tempfile.TemporaryDirectory() as folder:
        page = pathlib.Path(folder, "README.md")
        page.write_text("".join(f"before\n{table}\n| old |\n<!-- end -->\nafter\n" for table in TABLES))
        code, said = run(pages, image, folder, "--check")
        yield "a page that is behind is named", (code != 1 or "README.md is behind" not in said, said)
        yield "it is written", run(pages, image, folder)
        yield "and is up to date then", run(pages, image, folder, "--check")
        text = page.read_text()
        wanted = ["before", "after",
                  "`POST /api/v1/payments/process` | service | `PAYMENT_MISMATCH`, `PAYMENT_IN_DOUBT`",
                  "| `PAYMENT_NOT_FOUND` | There is no such payment. |", "| 422 | `IDEMPOTENCY_KEY_REUSED` |"]
        missing = [line for line in wanted if line not in text]
        yield ("with what the protos say, and the rest as it was",
               (missing or "| old |" in text, f"{missing}\n{text}"))


def main():
    results = list(check(*sys.argv[1:]))
    print(f"1..{len(results)}")
    for number, (name, (failed, said)) in enumerate(results, 1):
        print(f"{'not ok' if failed else 'ok'} {number} - {name}")
        if failed:
            print("\n".join(f"# {line}" for line in said.split("\n")))
    sys.exit(any(failed for _, (failed, _) in results))


if __name__ == "__main__":
    main()
