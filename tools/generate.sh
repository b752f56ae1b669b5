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

protoc -I "$root" "$@" --c_out="$folder" \
        --descriptor_set_out="$set_path" --include_imports --include_source_info \
        --dependency_out="$set_path.d" "$proto"
# protoc leaves the spaces of paths as they are, and ninja would see two.
sed -e ':again' -e 's/\([^ :\\]\) \([^ ]\)/\1\\ \2/' -e 't again' "$set_path.d" >"$depfile"
"$rpcgen" $messages "$set_path" "$name" "$folder"
