#!/bin/sh
# Lists what the protos declare, so that nobody has to: the services whose RPCs have REST routes, the reasons of errors,
# and the files of events.
#
#   list_services.sh ROOT OUT.c OUT.h ROOT/FILE.proto...
#
# defines what OUT.h says, in the files' order.
set -eu

root=$1 source=$2 header=$3
shift 3

cat > "$header" <<END
/* Generated from the protos. */
#pragma once

#include "rpc/method.h"

/* Every service that has REST routes; NULL-terminated. */
extern const RpcService *const protos_services[];

/* The reasons of every package, each table ending with an entry without a name; NULL-terminated. */
extern const RpcReason *const protos_reasons[];

/* The files of the events' messages; NULL-terminated. */
extern const RpcFile *const protos_events[];
END

# "OrderService" is order_service_rpc.
services_of() {
        sed -n 's/^service \([A-Za-z0-9]*\) {.*/\1/p' "$1" |
                sed -e 's/\([a-z0-9]\)\([A-Z]\)/\1_\2/g' | tr '[:upper:]' '[:lower:]'
}

# name_of FILE: its path below the root, without .proto.
name_of() {
        path=$(realpath "$1")
        path=${path#"$root"/}
        echo "${path%.proto}"
}

# files_with PATTERN FILE...: those with a line of that pattern.
files_with() {
        grep -l "$@" || true
}

# array TYPE NAME ENTRY...
array() {
        printf '\nconst %s *const %s[] = {\n' "$1" "$2"
        shift 2
        for entry in "$@"; do
                printf '        %s,\n' "$entry"
        done
        printf '        NULL,\n};\n'
}

services= reasons= events=
for file in $(files_with 'google\.api\.http' "$@"); do
        for service in $(services_of "$file"); do
                services="$services &${service}_rpc"
        done
done
for file in $(files_with '^enum Reason {' "$@"); do
        reasons="$reasons $(dirname "$(name_of "$file")" | tr / _)_reasons"
done
for file in "$@"; do
        case $(name_of "$file") in
                events/*) events="$events &$(name_of "$file" | tr / _)_file" ;;
        esac
done

{
        printf '#include "services.h"\n\n'
        for file in "$@"; do
                printf '#include "%s.rpc.h"\n' "$(name_of "$file")"
        done
        array RpcService protos_services $services
        array RpcReason protos_reasons $reasons
        array RpcFile protos_events $events
} > "$source"
