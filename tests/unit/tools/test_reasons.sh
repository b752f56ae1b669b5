#!/bin/bash
# What reasons.sh writes of an enum Reason, and what it refuses. Prints TAP.
# usage: test_reasons.sh REASONS
# MILLRACE_ACCEPT_GOLDEN=1 takes what it writes now as the golden text.
set -u

reasons=$1
golden=$(cd "$(dirname "$0")" && pwd)/golden/golden/v1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

report() {
        n=$((n + 1))
        if [ "$1" -eq 0 ]; then
                echo "ok $n - $2"
        else
                echo "not ok $n - $2"
                sed 's/^/# /' "$work/log"
        fi
}

# refuses NAME MESSAGE LINE...: an enum Reason of those lines.
refuses() {
        printf '%s\n' 'enum Reason {' '  REASON_UNSPECIFIED = 0;' "${@:3}" '}' >"$work/refused.proto"
        ! "$reasons" "$work/refused.proto" "$work/refused.h" 2>"$work/log" && grep -qF "$2" "$work/log"
        report $? "$1"
}

"$reasons" "$golden/golden.proto" "$work/golden.reasons.h" >"$work/log" 2>&1
report $? "writes the reasons of the golden proto"
[ -z "${MILLRACE_ACCEPT_GOLDEN:-}" ] || cp "$work/golden.reasons.h" "$golden"
diff -u "$golden/golden.reasons.h" "$work/golden.reasons.h" >"$work/log" 2>&1
report $? "writes golden.reasons.h as the golden text, byte for byte"

refuses "refuses a reason without a meaning" "a reason has its meaning as comment above it" \
        '  // One.' '  REASON_ONE = 1;' '  REASON_TWO = 2;'
refuses "refuses a reason that is not one line" "a reason is one line" \
        '  // One.' '  REASON_ONE = 1 [' '    (common.v1.reason).http_status = 422' '  ];'
refuses "refuses a value of another name" "a reason is one line" '  // One.' '  ONE = 1;'
echo "1..$n"
