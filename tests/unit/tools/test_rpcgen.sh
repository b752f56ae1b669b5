#!/bin/bash
# What rpcgen writes, what it refuses, and that a handler that is missing does not compile. Prints TAP.
# usage: test_rpcgen.sh GENERATE RPCGEN GENERATED_PROTOS REASONS RUNTIME CC -I ROOT...
# MILLRACE_ACCEPT_GOLDEN=1 takes what rpcgen writes now as the golden text.
set -u

generate=$1 rpcgen=$2 generated_protos=$3 reasons=$4 runtime=$5 cc=$6
roots=("${@:7}")
here=$(cd "$(dirname "$0")" && pwd)
golden=$here/golden
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n=0

# report EXIT_CODE NAME: one TAP line, with the log of what failed.
report() {
        n=$((n + 1))
        if [ "$1" -eq 0 ]; then
                echo "ok $n - $2"
        else
                echo "not ok $n - $2"
                sed 's/^/# /' "$work/log"
        fi
}

# generate FOLDER ROOT PROTO
generate() {
        mkdir -p "$work/$1"
        "$generate" "$rpcgen" "$work/$1" "$work/$1.d" "$2" "$2/$3" "${roots[@]}" >"$work/log" 2>&1
}

compiles() {
        "$cc" -std=gnu17 -fsyntax-only -Wall -Wextra -Werror \
                -I "$work/first" -I "$generated_protos" -I "$reasons" -I "$runtime" "$@" \
                "$here/handlers.c" >"$work/log" 2>&1
}

# refuses NAME MESSAGE BODY: a proto with that body fails with exactly that message; accepted without one.
refuses() {
        mkdir -p "$work/refused"
        printf '%s\n' 'syntax = "proto3";' 'package refused.v1;' 'import "common/v1/options.proto";' \
                'import "google/api/annotations.proto";' "$3" >"$work/refused/refused.proto"
        if generate refused "$work/refused" refused.proto; then
                [ -z "$2" ]
        else
                [ -n "$2" ] && grep -qxF "rpcgen: refused.proto: refused.v1.$2" "$work/log"
        fi
        report $? "$1"
}

refuses_rpc() {
        refuses "$1" "${2:+S.Put: $2}" "message M {} service S { rpc Put($3 }"
}

refuses_field() {
        refuses "$1" "${2:+M.x: $2}" "message M { $3; }"
}

generate first "$golden" golden/v1/golden.proto
report $? "generates the golden proto"

mkdir -p "$work/a b c" && cp -r "$golden/golden" "$work/a b c/"
generate "with a space" "$work/a b c" golden/v1/golden.proto &&
        grep -qF "$(printf %s "$work/a b c/golden/v1/golden.proto" | sed 's/ /\\ /g')" "$work/with a space.d" &&
        ! grep -qE '[^\: ] [^ ]' "$work/with a space.d"
report $? "a path may have spaces, which ninja does not take for ends of names"
generate second "$golden" golden/v1/golden.proto
for file in golden/v1/golden.rpc.h golden/v1/golden.rpc.c; do
        [ -z "${MILLRACE_ACCEPT_GOLDEN:-}" ] || cp "$work/first/$file" "$golden/$file"
        diff -u "$golden/$file" "$work/first/$file" >"$work/log" 2>&1
        report $? "writes ${file##*/} as the golden text, byte for byte"
        cmp "$work/first/$file" "$work/second/$file" >"$work/log" 2>&1
        report $? "writes the same ${file##*/} again"
done

compiles
report $? "an implementation with every handler compiles"
! compiles -DMISSING_HANDLER && grep -q shop_forget_tools "$work/log"
report $? "an implementation without one handler does not compile"

refuses_rpc "takes an RPC without options" "" "M) returns (M);"
refuses_rpc "refuses a client that streams" "the client streams, for which there is no interface" \
        "stream M) returns (M);"
refuses_rpc "refuses a role that is none" "access names a role that is none" \
        "M) returns (M) { option (common.v1.method).access = ROLE_UNSPECIFIED; }"
refuses_rpc "refuses a path with a field that is not there" "path /v1/{id}: refused.v1.M has no field id" \
        'M) returns (M) { option (google.api.http) = {get: "/v1/{id}"}; }'
refuses "refuses a path with a list" "S.Put: path /v1/{ids}: ids is not a single value" \
        'message M { repeated string ids = 1; }
        service S { rpc Put(M) returns (M) { option (google.api.http) = {get: "/v1/{ids}"}; } }'
refuses_rpc "refuses a body that is no field" "body: refused.v1.M has no field item" \
        'M) returns (M) { option (google.api.http) = {post: "/v1", body: "item"}; }'
refuses_rpc "refuses an answer that is no field" "response_body: refused.v1.M has no field item" \
        'M) returns (M) { option (google.api.http) = {get: "/v1", response_body: "item"}; }'
refuses_rpc "refuses an HTTP rule without a path" "an HTTP rule without a path" \
        'M) returns (M) { option (google.api.http) = {body: "*"}; }'

refuses "takes an error of its own and one of another package" "" \
        'message M {} enum Reason { REASON_UNSPECIFIED = 0; REASON_FULL = 1; }
        service S { rpc Put(M) returns (M) { option (common.v1.method).errors = "FULL";
                                             option (common.v1.method).errors = "other.v1.EMPTY"; } }'
refuses_rpc "refuses an error that is no reason" "errors: there is no REASON_FULL in refused.v1.Reason" \
        'M) returns (M) { option (common.v1.method).errors = "FULL"; }'
refuses "refuses a reason of another name" "Reason: FULL does not begin with REASON_" \
        'enum Reason { REASON_UNSPECIFIED = 0; FULL = 1; }'

refuses_field "takes a field with rules that fit" "" \
        "repeated string x = 1 [(common.v1.field) = {required: true, max_items: 1, max_bytes: 1}]"
refuses_field "refuses max_bytes on a number" "max_bytes on what is neither text nor bytes" \
        "int64 x = 1 [(common.v1.field).max_bytes = 5]"
refuses_field "refuses a range on a text" "range on what is no integer" \
        "string x = 1 [(common.v1.field).range = {min: 1, max: 2}]"
refuses_field "refuses a range that holds nothing" "range is empty" \
        "int64 x = 1 [(common.v1.field).range = {min: 2, max: 1}]"
refuses_field "refuses max_items on one value" "max_items on what is no list" \
        "string x = 1 [(common.v1.field).max_items = 5]"
refuses_field "refuses allowed texts on a number" "allowed on what is no text" \
        'int64 x = 1 [(common.v1.field).allowed = "5"]'
refuses_field "refuses an id that is a number" "is_id or is_new_id on what is no text" \
        "int64 x = 1 [(common.v1.field).is_id = true]"
refuses_field "refuses a new id that is a number" "is_id or is_new_id on what is no text" \
        "int64 x = 1 [(common.v1.field).is_new_id = true]"
refuses_field "refuses required on a number" "required on a number, which is never absent" \
        "int64 x = 1 [(common.v1.field).required = true]"
refuses "takes required on a number of a oneof" "" \
        "message M { oneof one { int64 x = 1 [(common.v1.field).required = true]; } }"
echo "1..$n"
