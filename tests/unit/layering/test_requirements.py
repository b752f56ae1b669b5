"""docs/requirements.md says what works of what the source documents ask for, and all that it names is there.
Prints TAP."""

import collections
import pathlib
import re
import sys

PAGE = "docs/requirements.md"
HEAD = "| id | what is asked | where | test | state |"
N_REQUIREMENTS = 360  # the documents do not change
N_COLUMNS = HEAD.count("|") - 1
STATES = ("works", "differs", "untested", "later")
WANTS_WORDS = ("differs", "untested")  # a state that says no more says nothing

# What a row names stands in backquotes.
NAMED = re.compile(r"`([^`]*)`")
FILE = re.compile(r"[\w./-]+\.\w+")
TEST = re.compile(r"(tests/[\w./-]+):(\w+)")
ID = re.compile(r"([A-Z]+-?)(\d+)")
LOOKS_LIKE_A_ROW = re.compile(r"^\| [A-Z]+-?\d+ \|", re.M)

Row = collections.namedtuple("Row", "line n_cells id asked where test state")


def rows_of(text):
    """Of all tables that have the head of requirements."""
    is_table = False
    for number, line in enumerate(text.split("\n"), 1):
        is_table = line == HEAD or (is_table and line.startswith("|"))
        if is_table and line != HEAD and not line.startswith("|---"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            whole = [*cells, *[""] * N_COLUMNS][:N_COLUMNS]
            yield Row(number, len(cells), *whole)


def word_of(row):
    return row.state.partition(":")[0]


def wrong_ids(rows):
    """An id stands for one requirement, and none is left out: those of a kind count from 1."""
    numbers = collections.defaultdict(list)
    for row in rows:
        found = ID.fullmatch(row.id)
        if not found:
            yield f"{row.line}: {row.id} is no id"
            continue
        numbers[found[1]].append(int(found[2]))
    for kind, of_kind in numbers.items():
        for number, times in collections.Counter(of_kind).items():
            if times > 1:
                yield f"{kind}{number} stands there {times} times"
        for number in set(range(1, max(of_kind))) - set(of_kind):
            yield f"{kind}{number} is left out"


def wrong_states(rows):
    """A state is one of the four, and has beside it what it needs."""
    for row in rows:
        word, _, words = row.state.partition(":")
        if row.n_cells != N_COLUMNS:
            yield f"{row.id} has {row.n_cells} cells"
        if word not in STATES:
            yield f"{row.id}: {word or 'nothing'} is no state"
        if word in WANTS_WORDS and not words.strip():
            yield f"{row.id}: {word}, and not how or what"
        if not row.asked:
            yield f"{row.id} asks for nothing"
        if bool(row.where) == (word == "later"):
            yield f"{row.id}: {word}, {'and yet' if row.where else 'but nowhere'} {row.where}"
        if word == "works" and not row.test:
            yield f"{row.id} works, but no test says so"
        if word == "later" and row.test:
            yield f"{row.id}: later, and yet it is tested"


def is_in(protos, name):
    """A route or an RPC."""
    verb, _, path = name.partition(" ")
    return f'{verb.lower()}: "{path}"' in protos if path else f"rpc {name}(" in protos


def wrong_places(root, rows):
    """Where something is met is a file, a route or an RPC."""
    protos = "\n".join(path.read_text() for path in sorted(root.glob("protos/*/v1/*.proto")))
    for row in rows:
        for name in NAMED.findall(row.where):
            if not ((root / name).is_file() if FILE.fullmatch(name) else is_in(protos, name)):
                yield f"{row.id}: there is no {name}"
        if row.where and not NAMED.search(row.where):
            yield f"{row.id}: {row.where} names nothing"


def has_test(text, name):
    """As test programs define them, in C and in Python."""
    in_c = rf"(TEST|START_TEST)\({name}\)|TEST_OF\(\w+, {name}\)"
    return re.search(rf"^({in_c}| *def {name}\()", text, re.M)


def wrong_tests(root, rows):
    for row in rows:
        for name in NAMED.findall(row.test):
            found = TEST.fullmatch(name)
            if not found:
                yield f"{row.id}: {name} is not FILE:TEST"
            elif not (root / found[1]).is_file():
                yield f"{row.id}: there is no {found[1]}"
            elif not has_test((root / found[1]).read_text(), found[2]):
                yield f"{row.id}: {found[1]} has no test {found[2]}"
        if row.test and not NAMED.search(row.test):
            yield f"{row.id}: {row.test} names nothing"


def problems(root, rows):
    rows = list(rows)
    return [*wrong_ids(rows), *wrong_states(rows), *wrong_places(root, rows), *wrong_tests(root, rows)]


def problems_in(root, *lines):
    """What is wrong with a page of these rows."""
    return problems(root, rows_of("\n".join(["A page.", HEAD, "|---|---|---|---|---|", *lines, "Its end."])))


def unread(text, rows):
    """What looks like a requirement and stands in no table of them."""
    read = {row.line for row in rows}
    lines = (text.count("\n", 0, found.start()) + 1 for found in LOOKS_LIKE_A_ROW.finditer(text))
    return [f"line {line} is in no table of requirements" for line in lines if line not in read]


def notices(root):
    """Each mistake alone, planted into rows that are right."""
    this = "tests/unit/layering/test_requirements.py"
    works = f"| A-1 | it | `{this}`, `PlaceOrder`, `POST /api/v1/orders` | `{this}:notices` | works |"
    fine = [works, f"| A-2 | it | `{this}` | | untested: all of it |",
            f"| B1 | it | `{this}` | `{this}:has_test` | differs: it is another |", "| B2 | it | | | later |"]
    planted = [works.replace("A-1", "A-2"), works.replace("A-1", "A-4"), works.replace("A-1", "first"),
               works.replace("| works", "| done"), works.replace("| works", "| differs"),
               works.replace("| works", "| untested:"), works.replace("| works", "| later"),
               works.replace("| it |", "| |"), works.replace(f"`{this}:notices`", ""),
               works.replace(f"| `{this}`, `PlaceOrder`, `POST /api/v1/orders` |", "| |"),
               works.replace("`PlaceOrder`", "`PlaceOrders`"), works.replace("POST /", "PUT /"),
               works.replace(f"`{this}`,", "`tests/unit/layering/nothing.py`,"), works.replace("`", ""),
               works.replace(":notices`", ":notice`"), works.replace(":notices`", "`"),
               works.replace(f"{this}:", "tests/unit/nothing.py:"), works[:-len(" works |")],
               works.replace("| it |", "| it | more |")]
    unplanted = problems_in(root, *fine)
    unseen = [line for line in planted if not problems_in(root, line, *fine[1:])]
    unseen += [line for line in fine if not unread(line, [])]
    return [*unplanted, *(f"not noticed: {line}" for line in unseen)]


def main():
    root = pathlib.Path(sys.argv[1])
    text = (root / PAGE).read_text()
    rows = list(rows_of(text))
    tests = [
        ("the check notices what is wrong", notices(root)),
        ("every row of the page is read", unread(text, rows)),
        ("no requirement is lost", [] if len(rows) == N_REQUIREMENTS else [f"there are {len(rows)}"]),
        ("each requirement has an id of its own, and none is left out", list(wrong_ids(rows))),
        ("each has a state, and what belongs to it", list(wrong_states(rows))),
        ("where it is met is there", list(wrong_places(root, rows))),
        ("its tests are there", list(wrong_tests(root, rows))),
    ]
    print(f"1..{len(tests)}")
    for number, (name, found) in enumerate(tests, 1):
        print(f"{'not ok' if found else 'ok'} {number} - {name}")
        for problem in found:
            print(f"# {problem}")
    counts = collections.Counter(map(word_of, rows))
    print("# " + ", ".join(f"{counts[state]} {state}" for state in STATES))
    sys.exit(any(found for _, found in tests))


if __name__ == "__main__":
    main()
