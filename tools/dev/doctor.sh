# Shows what the tree uses and which package of the install list brings it. Sourced by ./dev.

# The install list with everything it depends on, what every Debian has, and git, which brought the tree.
packages_brought() {
        local wanted
        wanted=$(packages_there | awk 'NR == FNR { wanted[$1]; next } $1 in wanted { print $2 }' <(packages_wanted) -)
        {
                echo git
                dpkg-query -W -f '${Package} ${Essential} ${Priority}\n' |
                        awk '$2 == "yes" || $3 == "required" { print $1 }'
                apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks \
                        --no-replaces --no-enhances $wanted | grep -E '^[a-z0-9]' | sed 's/:.*//'
        } | sort -u
}

# The package that a file comes from; a path may go through /bin or another link.
package_of() {
        local path owner
        path=$(realpath "$1")
        owner=$(dpkg-query -S "$path" 2>/dev/null || dpkg-query -S "${path#/usr}" 2>/dev/null) || return 0
        printf '%s\n' "$owner" | head -n 1 | sed 's/[,:].*//'
}

# Words at a command's place in the shell scripts that are programs on this machine.
commands_used() {
        local word
        echo gcc protoc protoc-c python3
        git ls-files dev '*.sh' .ci/run | xargs sed -e 's/^[[:space:]]*#.*//' |
                grep -oE '(^|[|;&(!]|\$\(|then|else|do|exec|if|until|while|--|as_root|pg_as|launch [a-z]+|env [A-Z_=a-z]+)[[:space:]]*[a-z][a-z0-9_.-]+' |
                grep -oE '[a-z][a-z0-9_.-]+$' | sort -u | while read -r word; do
                [ "$(type -t "$word")" != file ] || echo "$word"
        done
}

# The system headers that the sources include, as paths.
headers_used() {
        git ls-files '*.c' '*.h' | xargs sed -nE 's/^#include <([^>]+)>.*/\1/p' | sort -u | while read -r header; do
                echo "#include <$header>" | gcc $(pkg-config --cflags libpq) -E -x c - 2>/dev/null |
                        sed -nE "s|^# [0-9]+ \"(/[^\"]*/$header)\".*|\1|p" | head -n 1 | grep . ||
                        echo "missing:$header"
        done
}

libraries_used() {
        find "$BUILD" -type f -perm -u+x -name 'millrace*' ! -name '*.p' -exec ldd {} + |
                sed -nE 's/.* => (\/[^ ]+).*/\1/p' | sort -u
}

doctor_line() {
        local kind=$1 thing=$2 path=$3 package
        package=$(package_of "$path")
        if [ -n "$package" ] && grep -qxF "$package" "$RUN/packages"; then
                printf '%-8s %-40s %s\n' "$kind" "$thing" "$package"
        else
                printf '%-8s %-40s NOT BROUGHT by tools/dev/packages.txt (it is from: %s)\n' "$kind" "$thing" \
                        "${package:-no package}"
                echo "$thing" >>"$RUN/doctor.missing"
        fi
}

dev_doctor() {
        local thing
        dev_build
        packages_brought >"$RUN/packages"
        : >"$RUN/doctor.missing"
        for thing in $(commands_used); do
                doctor_line command "$thing" "$(command -v "$thing")"
        done
        for thing in $(headers_used); do
                doctor_line header "$(printf %s "$thing" | sed 's|^/usr/include/||')" "$thing"
        done
        for thing in $(libraries_used); do
                doctor_line library "${thing##*/}" "$thing"
        done
        [ ! -s "$RUN/doctor.missing" ] ||
                fail "$(wc -l <"$RUN/doctor.missing") things come from no package of tools/dev/packages.txt" \
                        "add their packages there"
        say "Everything the tree uses comes from a package of tools/dev/packages.txt."
}
