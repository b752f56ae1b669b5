"""What `promtool check metrics` says of a page of metrics, and that every name is one of ours."""

import re

SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? (\S+)$")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)",?')
PARTS_OF_HISTOGRAMS = ("_bucket", "_sum", "_count")
TYPES = ("counter", "gauge", "histogram", "summary")
UNITS = {"ms": "seconds", "us": "seconds", "ns": "seconds", "s": "seconds", "msec": "seconds",
         "sec": "seconds", "milliseconds": "seconds", "microseconds": "seconds", "minutes": "seconds",
         "hours": "seconds", "kb": "bytes", "mb": "bytes", "kilobytes": "bytes", "megabytes": "bytes",
         "percent": "ratio"}
PREFIX = "millrace_"


def problems_of(name, kind, explained):
    """What is wrong with one metric."""
    words = name.split("_")
    if not explained:
        yield "has no help"
    if not name.startswith(PREFIX):
        yield f"does not begin with {PREFIX}"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        yield "is not in snake_case"
    if (kind == "counter") != name.endswith("_total"):
        yield "ends with _total, or is a counter, but not both"
    if kind in ("counter", "gauge") and name.endswith(PARTS_OF_HISTOGRAMS):
        yield "is no histogram, but ends like one"
    yield from (f"has its type {word} in its name" for word in words if word in TYPES)
    yield from (f"should be in {UNITS[word]}, not {word}" for word in words if word in UNITS)


def family_of(name, types):
    for ending in PARTS_OF_HISTOGRAMS:
        if name.endswith(ending) and types.get(name.removesuffix(ending)) == "histogram":
            return name.removesuffix(ending)
    return name


def problems(page):
    """One sentence each; none of a good page."""
    types, explained, found, seen = {}, set(), [], set()
    for line in page.splitlines():
        if line.startswith("# HELP "):
            name, _, text = line[7:].partition(" ")
            explained.update([name] if text.strip() else [])
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split()
            found += [f"{name} has two types"] if name in types else []
            types[name] = kind
        elif not (sample := SAMPLE.match(line)):
            found.append(f"not a sample: {line}")
        else:
            name, labels, _ = sample.groups()
            rest = LABEL.sub("", labels[1:-1]) if labels else ""
            found += [f"bad labels: {line}"] if rest else []
            found += [f"comes twice: {name}{labels or ''}"] if (name, labels) in seen else []
            found += [] if family_of(name, types) in types else [f"{name} has no type"]
            seen.add((name, labels))
    return found + [f"{name} {problem}" for name, kind in types.items()
                    for problem in problems_of(name, kind, name in explained)]
