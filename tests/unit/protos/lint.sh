#!/bin/sh
# Lints the protos with buf, which `npm ci` installs. Prints TAP.
# usage: lint.sh IMAGE CONFIG PROJECT
set -u

buf=$3/node_modules/.bin/buf
if [ ! -x "$buf" ]; then
        echo "1..0 # SKIP buf is not installed: npm ci"
        exit 0
fi
findings=$("$buf" lint "$1" --config "$2" 2>&1) && echo "ok 1 - the protos follow the rules of buf.yaml" || {
        echo "not ok 1 - the protos follow the rules of buf.yaml"
        echo "$findings" | sed 's/^/# /'
}
echo "1..1"
