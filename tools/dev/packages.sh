# Installs what is missing. Sourced by ./dev.

PACKAGE_LIST=$ROOT/tools/dev/packages.txt

packages_wanted() {
        sed -e 's/#.*//' -e '/^ *$/d' "$PACKAGE_LIST" | awk '{print $1}'
}

# Lines of "NAME PACKAGE": what is installed, under its own name and those it provides, as another source's
# nodejs does npm.
packages_there() {
        dpkg-query -W -f '${db:Status-Status} ${Package}, ${Provides}\n' |
                awk -F '[ ,]+' '$1 == "installed" { for (i = 2; i <= NF; i++) print $i, $2 }'
}

packages_missing() {
        packages_wanted | grep -vxFf <(packages_there | cut -d' ' -f1) || true
}

as_root() {
        if [ "$EUID" = 0 ]; then
                "$@"
        else
                sudo "$@" || fail "root is needed for: $*" "run it yourself as root, then ./dev again"
        fi
}

# Installs, but lets no package start a service or make a system cluster.
packages_install() {
        local missing made_policy=
        local policy=/usr/sbin/policy-rc.d cluster=/etc/postgresql-common/createcluster.conf
        missing=$(packages_missing)
        [ -n "$missing" ] || return 0
        step "installing Debian packages:" $missing
        if [ ! -e $policy ]; then
                printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
                as_root chmod 755 $policy
                made_policy=yes
        fi
        as_root apt-get update -q >/dev/null ||
                fail "apt-get update failed" "is the network up, and /etc/apt/sources.list right?"
        if [ ! -e $cluster ]; then
                apt_install postgresql-common
                as_root cp $cluster $cluster.millrace
                echo 'create_main_cluster = false' | as_root tee -a $cluster >/dev/null
        fi
        apt_install $missing
        [ ! -e $cluster.millrace ] || as_root mv $cluster.millrace $cluster
        [ -z "$made_policy" ] || as_root rm -f $policy
}

apt_install() {
        as_root env DEBIAN_FRONTEND=noninteractive \
                apt-get install -y -q --no-install-recommends "$@" >"$RUN/apt.log" 2>&1 ||
                fail "apt-get install $* failed" "its output is in $RUN/apt.log"
}
