/* What all of crypt begins with. */
#pragma once

/* Makes libsodium ready, once; aborts when the system gives no randomness. Thread-safe. */
void crypt_sodium_init(void);
