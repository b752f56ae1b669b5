#include "crypt/sodium_private.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/base64.h"
#include "crypt/random.h"

void crypt_sodium_init(void) {
        if (sodium_init() < 0)
                abort();
}

void crypt_random(void *ret_bytes, size_t n_bytes) {
        crypt_sodium_init();
        randombytes_buf(ret_bytes, n_bytes);
}

const char *crypt_random_text(Arena *arena) {
        uint8_t bytes[CRYPT_RANDOM_TEXT_BYTES];
        StrBuf text = { .arena = arena };

        crypt_random(bytes, sizeof(bytes));
        base64url_add(&text, (Bytes) { bytes, sizeof(bytes) });
        return strbuf_text(&text);
}
