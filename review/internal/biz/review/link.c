#include <string.h>

#include "base/base64.h"
#include "base/str.h"
#include "biz/review/request.h"

/* What is signed: its form, which another release may change, and the parts; an id has no line feed. */
#define FORM "1"
#define N_PARTS 4

const char *review_link_write(LinkSigner *signer, Arena *arena, const ReviewLink *link) {
        const char *plain = arena_printf(arena, FORM "\n%s\n%s\n%lld", link->order_id, link->product_id,
                                         (long long) link->expires_at_us);
        StrBuf text = { .arena = arena };

        base64url_add(&text, (Bytes) { (const uint8_t *) plain, strlen(plain) });
        strbuf_add_char(&text, '.');
        strbuf_add(&text, signer->sign(signer, arena, plain));
        return strbuf_text(&text);
}

static const Error *invalid(Arena *arena) {
        return error_new(arena, ERROR_NOT_FOUND, REASON_REVIEW_LINK_INVALID,
                         "This is no link to a review: take it as it was sent, to its last letter");
}

static bool read_parts(char *plain, ReviewLink *ret_link) {
        char *parts[N_PARTS];
        size_t n = 0;

        while (plain && n < N_PARTS)
                parts[n++] = strsep(&plain, "\n");
        if (plain || n < N_PARTS || !str_equal(parts[0], FORM))
                return false;
        ret_link->order_id = parts[1];
        ret_link->product_id = parts[2];
        return str_parse_int64(parts[3], &ret_link->expires_at_us);
}

const Error *review_link_read(LinkSigner *signer, Arena *arena, const char *text, ReviewLink *ret_link) {
        const char *dot = strchr(text, '.');
        ReviewLink link;
        Bytes bytes;

        if (!dot || !base64url_read(arena, text, (size_t) (dot - text), &bytes) ||
            !str_is_utf8((const char *) bytes.data, bytes.n_bytes))
                return invalid(arena);
        char *plain = arena_strndup(arena, (const char *) bytes.data, bytes.n_bytes);
        if (!signer->is_signed(signer, arena, plain, dot + 1) || !read_parts(plain, &link))
                return invalid(arena);
        *ret_link = link;
        return NULL;
}
