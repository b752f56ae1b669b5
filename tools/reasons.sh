#!/bin/sh
# Writes the reasons of a proto's `enum Reason` as texts that every layer may include: #define REASON_NAME "NAME". It is no
# part of rpcgen, because rpcgen is made of runtime/base, which needs some of them.
# usage: reasons.sh PROTO OUTPUT
set -eu

printf '/* Written from %s; do not edit. */\n#pragma once\n' "$(basename "$1")" > "$2"
awk -v proto="$1" '
        function refuse(what) {
                printf "%s:%d: %s: %s\n", proto, NR, what, $0 > "/dev/stderr"
                exit 1
        }
        /^enum Reason \{$/ { inside = 1; next }
        !inside { next }
        /^}$/ { inside = 0; next }
        /^  REASON_UNSPECIFIED = 0;$/ { comment = ""; next }
        /^  \/\/ / {
                line = substr($0, 6)
                comment = comment == "" ? line : comment " " line
                next
        }
        /^  REASON_[A-Z0-9_]+ = [0-9]+( \[.*\])?;$/ {
                if (comment == "")
                        refuse("a reason has its meaning as comment above it")
                printf "\n/* %s */\n#define %s \"%s\"\n", comment, $1, substr($1, 8)
                comment = ""
                next
        }
        { refuse("a reason is one line") }
' "$1" >> "$2"
