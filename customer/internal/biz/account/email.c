#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "biz/account/account.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static const Error *refuse(Ctx *ctx) {
        return error_invalid(ctx->arena, "email", "must be an e-mail address like name@example.com");
}

typedef bool IsWord(const char *text, size_t n_bytes);

/* RFC 5322, 3.2.3: no blank, comma or bracket, so that a mail to it is for one person alone. */
static bool is_atom(const char *text, size_t n_bytes) {
        return n_bytes > 0 && strspn(text, LETTERS "!#$%&'*+-/=?^_`{|}~") >= n_bytes;
}

/* RFC 1035, 2.3.1 */
static bool is_label(const char *text, size_t n_bytes) {
        return n_bytes > 0 && n_bytes <= EMAIL_MAX_LABEL_BYTES && strspn(text, LETTERS "-") >= n_bytes &&
               text[0] != '-' && text[n_bytes - 1] != '-';
}

/* How many words with one dot between them end before the character; 0: something else is there. */
static size_t count_words(const char *text, char end, IsWord *is_word) {
        const char stops[] = { '.', end, '\0' };
        size_t n = 0;

        for (;;) {
                size_t n_bytes = strcspn(text, stops);

                if (!is_word(text, n_bytes))
                        return 0;
                n++;
                text += n_bytes;
                if (*text++ != '.')
                        return n;
        }
}

const Error *customer_normalize_email(Ctx *ctx, const char *text, const char **ret_email) {
        const char *at = strrchr(text, '@');
        size_t n_local = at ? (size_t) (at - text) : 0;

        if (n_local == 0 || n_local > EMAIL_MAX_LOCAL_BYTES || memchr(text, '@', n_local) ||
            count_words(text, '@', is_atom) == 0 || count_words(at + 1, '\0', is_label) < 2)
                return refuse(ctx);
        char *email = arena_strdup(ctx->arena, text);
        for (char *letter = email; *letter; letter++)
                *letter = (char) tolower((unsigned char) *letter);
        *ret_email = email;
        return NULL;
}
