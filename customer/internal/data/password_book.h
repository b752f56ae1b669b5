/* Passwords by argon2id, a few at once. */
#pragma once

#include "biz/account/ports.h"
#include "crypt/password.h"

/* Lives in arena; passwords must outlive it. */
PasswordBook *customer_password_book_new(Arena *arena, Passwords *passwords);
