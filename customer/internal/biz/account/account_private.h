/* What the parts of accounts share. */
#pragma once

#include "biz/account/ports.h"

/* Whom an account's access tokens name. */
const char *customer_subject(const Account *account);

/* The error of a login that has to wait. */
const Error *customer_login_paused(Ctx *ctx, int64_t wait_ms) __attribute__((returns_nonnull)) MUST_CHECK;

/*
 * After a try that did not count, since nobody looked at its password: takes it back, although the call may
 * be over, and returns the error. A try that cannot be taken back counts.
 */
const Error *customer_forget_try(AccountUsecase *usecase, Ctx *ctx, const char *email, const Error *error);
