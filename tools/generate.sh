#!/bin/sh
# Writes the C of one proto below OUTPUT_FOLDER: protoc-c its messages, rpcgen its interfaces and tables.
# usage: generate.sh RPCGEN OUTPUT_FOLDER DEPFILE PROTO_ROOT PROTO [--messages] -I ROOT...
set -eu

rpcgen=$1 folder=$2 depfile=$3 root=$4 proto=$5
shift 5
messages=
if [ "${1:-}" = --messages ]; then
        messages=--messages
        shift
fi
name=${proto#"$root"/}
mkdir -p "$folder/$(dirname "$name")"
set_path=$folder/${name%.proto}.binpb

protoc -I "$root" "$@" \
        --descriptor_set_out="$set_path" --include_imports --include_source_info \
        --dependency_out="$set_path.d" "$proto"
# The texts of messages are `const char *`. The contracts say nothing about C, so copies of them do; that of
# descriptor.proto does not, which protobuf-c's option itself needs.
copies=$folder/${name%.proto}.copy
mkdir -p "$copies/$(dirname "$name")"
const_strings='import "protobuf-c/protobuf-c.proto"; option (pb_c_file).const_strings = true;'
[ "$name" != google/protobuf/descriptor.proto ] || const_strings=
sed "s|^package [^;]*;|& $const_strings|" "$proto" >"$copies/$name"
protoc -I "$copies" -I "$root" "$@" --c_out="$folder" "$copies/$name"
# protoc leaves the spaces of paths as they are, and ninja would see two.
sed -e ':again' -e 's/\([^ :\\]\) \([^ ]\)/\1\\ \2/' -e 't again' "$set_path.d" >"$depfile"
"$rpcgen" $messages "$set_path" "$name" "$folder"
