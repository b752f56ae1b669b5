#!/bin/sh
# Lints the protos with buf, which `npm ci` installs. Prints TAP.
# usage: lint.sh IMAGE CONFIG PROJECT
set -u

buf=$(ls "$3"/node_modules/@bufbuild/buf-linux-*/bin/buf 2>/dev/null)
if [ -z "$buf" ]; then
        echo "1..0 # SKIP buf is not installed: npm ci needs a registry"
        exit 0
fi
name="the protos follow the rules of buf.yaml"
if findings=$("$buf" lint "$1" --config "$2" 2>&1); then
        echo "ok 1 - $name"
else
        echo "not ok 1 - $name"
        echo "$findings" | sed 's/^/# /'
fi
echo "1..1"
