#include "http/writer_private.h"

#include <string.h>

#include "support.h"

/* A transport that takes at most n_bytes each time, and after n_writes nothing more. */
typedef struct Narrow {
        Transport base;
        StrBuf taken;
        size_t n_bytes;
        int n_writes;
        ssize_t then;
} Narrow;

static ssize_t narrow_write(Transport *self, const struct iovec *pieces, size_t n_pieces) {
        Narrow *narrow = (Narrow *) self;
        size_t left = narrow->n_bytes;

        if (narrow->n_writes-- == 0)
                return narrow->then;
        for (size_t i = 0; i < n_pieces && left > 0; i++) {
                size_t n = pieces[i].iov_len < left ? pieces[i].iov_len : left;

                strbuf_add_bytes(&narrow->taken, pieces[i].iov_base, n);
                left -= n;
        }
        return (ssize_t) (narrow->n_bytes - left);
}

static Narrow narrow_new(size_t n_bytes, int n_writes, ssize_t then) {
        static const TransportOps ops = { .write = narrow_write };

        return (Narrow) { .base = { .ops = &ops },
                         .taken = { .arena = test_ctx()->arena },
                         .n_bytes = n_bytes,
                         .n_writes = n_writes,
                         .then = then };
}

static void add(Writer *writer, const char *text) {
        http_writer_add(writer, (Bytes) { (const uint8_t *) text, strlen(text) });
}

TEST(sends_its_pieces_in_their_order_whatever_is_taken_at_once) {
        for (size_t n = 1; n <= 12; n++) {
                Narrow narrow = narrow_new(n, 100, TRANSPORT_LATER);
                Writer writer = { 0 };
                bool moved;

                add(&writer, "head ");
                add(&writer, "");
                add(&writer, "and body");
                ck_assert_int_eq(http_writer_flush(&writer, &narrow.base, &moved), WRITER_DONE);
                ck_assert(moved);
                ck_assert_str_eq(strbuf_text(&narrow.taken), "head and body");
        }
}

TEST(goes_on_where_it_stopped) {
        Narrow narrow = narrow_new(3, 2, TRANSPORT_LATER);
        Writer writer = { 0 };
        bool moved;

        add(&writer, "head ");
        add(&writer, "body");
        ck_assert_int_eq(http_writer_flush(&writer, &narrow.base, &moved), WRITER_LATER);
        ck_assert(moved);
        narrow.n_writes = 0;
        ck_assert_int_eq(http_writer_flush(&writer, &narrow.base, &moved), WRITER_LATER);
        ck_assert(!moved);
        add(&writer, ", more");
        narrow.n_writes = 100;
        ck_assert_int_eq(http_writer_flush(&writer, &narrow.base, &moved), WRITER_DONE);
        ck_assert_str_eq(strbuf_text(&narrow.taken), "head body, more");
        narrow = narrow_new(3, 0, TRANSPORT_BROKEN);
        add(&writer, "x");
        ck_assert_int_eq(http_writer_flush(&writer, &narrow.base, &moved), WRITER_BROKEN);
}

static const char *head_of(HttpResponse *response, bool closes) {
        return (const char *) http_answer_head(response, "Sun, 06 Nov 1994 08:49:37 GMT", closes).data;
}

TEST(writes_a_head) {
        HttpResponse response = { .arena = test_ctx()->arena,
                                  .status = 404,
                                  .content_type = "text/plain",
                                  .body = { (const uint8_t *) "abc", 3 } };

        http_response_header(&response, "X-One", "1\t2");
        ck_assert_str_eq(
                head_of(&response, true),
                "HTTP/1.1 404 Not Found\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 3\r\n"
                "Content-Type: text/plain\r\nX-One: 1\t2\r\nConnection: close\r\n\r\n");
        ck_assert(http_answer_has_body(&response));
}

TEST(an_answer_without_a_body_has_no_length) {
        HttpResponse response = { .arena = test_ctx()->arena, .status = 204 };

        ck_assert_str_eq(head_of(&response, false),
                         "HTTP/1.1 204 No Content\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
        ck_assert(!http_answer_has_body(&response));
}

TEST(leaves_out_a_header_that_would_be_two) {
        HttpResponse response = { .arena = test_ctx()->arena, .status = 200 };

        http_response_header(&response, "X-One", "1\r\nX-Two: 2");
        http_response_header(&response, "X-Three", "\x7f");
        ck_assert_ptr_null(strstr(head_of(&response, false), "X-"));
}

int main(void) {
        Suite *suite = suite_create("http writer");
        TCase *tests = tcase_create("http writer");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
