#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "biz/account/account.h"

static const Error *refuse(Ctx *ctx) {
        return error_invalid(ctx->arena, "email", "must be an e-mail address like name@example.com");
}

static bool is_plain(const char *text) {
        for (; *text; text++)
                if (*text <= ' ' || *text > '~')
                        return false;
        return true;
}

/* Labels with a dot between them. */
static bool is_domain(const char *text) {
        return strchr(text, '.') && *text != '.' && text[strlen(text) - 1] != '.' && !strstr(text, "..");
}

const Error *customer_normalize_email(Ctx *ctx, const char *text, const char **ret_email) {
        const char *at = strrchr(text, '@');
        size_t n_local = at ? (size_t) (at - text) : 0;

        if (n_local == 0 || n_local > EMAIL_MAX_LOCAL_BYTES || memchr(text, '@', n_local) ||
            !is_plain(text) || !is_domain(at + 1))
                return refuse(ctx);
        char *email = arena_strdup(ctx->arena, text);
        for (char *letter = email; *letter; letter++)
                *letter = (char) tolower((unsigned char) *letter);
        *ret_email = email;
        return NULL;
}
