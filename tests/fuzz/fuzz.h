/* What a fuzzer, and replay.c, call. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Aborts when a property does not hold for these bytes; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);
