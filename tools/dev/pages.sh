# Writes the tables of the pages that say what the protos say. Sourced by ./dev.

dev_pages() {
        dev_build
        python3 "$ROOT/tools/pages.py" "$BUILD/protos/protos.binpb" "$ROOT"
}
