#include "data/password_book.h"

typedef struct CryptPasswordBook {
        PasswordBook base;
        Passwords *passwords;
} CryptPasswordBook;

static Passwords *passwords_of(PasswordBook *self) {
        return ((CryptPasswordBook *) self)->passwords;
}

static const Error *hash(PasswordBook *self, Ctx *ctx, const char *password, const char **ret_hash) {
        return crypt_password_hash(passwords_of(self), ctx, password, ret_hash);
}

static const Error *verify(PasswordBook *self, Ctx *ctx, const char *of_account, const char *password,
                           bool *ret_is_right) {
        return crypt_password_verify(passwords_of(self), ctx, of_account, password, ret_is_right);
}

PasswordBook *customer_password_book_new(Arena *arena, Passwords *passwords) {
        CryptPasswordBook *book = ARENA_NEW(arena, CryptPasswordBook);

        *book = (CryptPasswordBook) { .base = { .hash = hash, .verify = verify }, .passwords = passwords };
        return &book->base;
}
