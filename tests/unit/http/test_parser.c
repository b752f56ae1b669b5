#include "http/parser_private.h"

#include <string.h>

#include "base/memory.h"
#include "http/server.h"
#include "support.h"

#define LINE "GET / HTTP/1.1\r\n"
#define HEAD LINE "Host: a\r\n"

/* The events of a text as text; a head that is whole is followed by the next one. */
typedef struct Told {
        StrBuf text;
        Parser parser;
        size_t begin;
        bool is_refused;
} Told;

static void tell_span(StrBuf *text, const char *bytes, Span span) {
        strbuf_add(text, " <");
        strbuf_add_bytes(text, bytes + span.at, span.n_bytes);
        strbuf_add_char(text, '>');
}

static void tell(Told *told, const char *bytes, const ParserEvent *event) {
        static const char *const names[] = { "", "line", "header", "end", "refused" };

        strbuf_add(&told->text, names[event->kind]);
        if (event->kind == PARSER_LINE || event->kind == PARSER_HEADER) {
                tell_span(&told->text, bytes, event->first);
                tell_span(&told->text, bytes, event->second);
        }
        if (event->is_http_1_0)
                strbuf_add(&told->text, " 1.0");
        if (event->kind == PARSER_REFUSED)
                strbuf_addf(&told->text, " %d", event->status);
        strbuf_add_char(&told->text, '\n');
}

/* All that can be told of the first n_bytes. */
static void feed(Told *told, const char *bytes, size_t n_bytes) {
        while (!told->is_refused) {
                const char *head = bytes + told->begin;
                ParserEvent event = http_parser_next(&told->parser, head, n_bytes - told->begin);

                if (event.kind == PARSER_MORE)
                        return;
                tell(told, head, &event);
                told->is_refused = event.kind == PARSER_REFUSED;
                if (event.kind == PARSER_END) {
                        told->begin += told->parser.at;
                        told->parser = (Parser) { 0 };
                }
        }
}

static Told nothing(void) {
        return (Told) { .text = { .arena = test_ctx()->arena } };
}

static const char *events_of_bytes(const char *bytes, size_t n_bytes) {
        Told told = nothing();

        feed(&told, bytes, n_bytes);
        return strbuf_text(&told.text);
}

static const char *events_of(const char *text) {
        return events_of_bytes(text, strlen(text));
}

/* Whether the last event is a refusal with this status. */
static void assert_refused(int status, const char *text) {
        const char *last = arena_printf(test_ctx()->arena, "refused %d\n", status), *events = events_of(text);
        size_t n = strlen(events), n_last = strlen(last);

        ck_assert_msg(n >= n_last && str_equal(events + n - n_last, last), "%sinstead of %d for %.200s",
                      events, status, text);
}

static const char *repeated(char c, size_t n) {
        char *text = arena_alloc(test_ctx()->arena, n + 1);

        memset(text, c, n);
        return text;
}

TEST(tells_the_line_and_the_headers_without_the_blanks_around_them) {
        ck_assert_str_eq(
                events_of("POST /a?b=%20 HTTP/1.1\r\nHost:a\r\nX-One: \t 1 \t2\t \r\nX-Empty:  \r\n\r\n"),
                "line <POST> </a?b=%20>\nheader <Host> <a>\nheader <X-One> <1 \t2>\n"
                "header <X-Empty> <>\nend\n");
        ck_assert_str_eq(events_of("GET / HTTP/1.0\r\n\r\n"), "line <GET> </> 1.0\nend\n");
}

TEST(begins_anew_behind_the_end_of_a_head) {
        ck_assert_str_eq(events_of(LINE "\r\nPUT /2 HTTP/1.1\r\nA: b\r\n\r\nrest"),
                         "line <GET> </>\nend\nline <PUT> </2>\nheader <A> <b>\nend\n");
}

TEST(takes_the_characters_of_a_uri_in_a_target_and_no_other) {
        static const char uri[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-._~:/?[]@!$&'()*+,;=%";

        for (int c = 1; c < 256; c++) {
                const char *line = arena_printf(test_ctx()->arena, "GET /%c HTTP/1.1\r\n", c);
                char last = events_of(line)[0];

                ck_assert_msg(last == (strchr(uri, c) ? 'l' : 'r'), "%d", c);
        }
}

TEST(refuses_a_line_that_is_not_exactly_three_words) {
        static const char *const lines[] = { "\r\n",
                                             " GET / HTTP/1.1\r\n",
                                             "GET  / HTTP/1.1\r\n",
                                             "GET /\r\n",
                                             "GET / \r\n",
                                             "GET / HTTP/1.1 \r\n",
                                             "GET /a b HTTP/1.1\r\n",
                                             "GET\t/ HTTP/1.1\r\n",
                                             "G(T / HTTP/1.1\r\n",
                                             "GET /#a HTTP/1.1\r\n",
                                             "GET /\x7f HTTP/1.1\r\n",
                                             "GET /\xC3\xBC HTTP/1.1\r\n",
                                             "GET / http/1.1\r\n",
                                             "GET / HTTP/1.1\n",
                                             "GET / HTTP/1.1\rX",
                                             "GET / HTTP/11\r\n",
                                             "GET / HTTP/1.10\r\n",
                                             "GET / HTTPX1.1\r\n",
                                             "GET / HTTP/1,1\r\n" };

        for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
                assert_refused(400, lines[i]);
}

TEST(refuses_versions_that_it_does_not_speak) {
        assert_refused(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        assert_refused(505, "GET / HTTP/1.2\r\n");
        assert_refused(505, "GET / HTTP/0.9\r\n");
}

TEST(refuses_headers_that_two_readers_could_read_differently) {
        static const char *const headers[] = { ": nameless\r\n",       " X: 1\r\n",   "X : 1\r\n",
                                               "X\t: 1\r\n",           "X\r\n",       "X: 1\r\n folded\r\n",
                                               "X: 1\r\n\tfolded\r\n", "X: 1\n",      "X: a\rb\r\n",
                                               "X: 1\r\r\n",           "X: \x0b\r\n", "X: \x0c\r\n",
                                               "X: \x7f\r\n",          "X: \xFC\r\n", "X\x01: 1\r\n",
                                               "\xFC: 1\r\n",          "\n",          "\rX",
                                               "X: 1\r\n\n",           "(X): 1\r\n" };

        for (size_t i = 0; i < ARRAY_SIZE(headers); i++)
                assert_refused(400, arena_printf(test_ctx()->arena, HEAD "%s\r\n", headers[i]));
}

TEST(refuses_a_nul_wherever_it_stands) {
        static const char head[] = HEAD "X-One: 1\r\n\r\n";

        for (size_t i = 0; i < sizeof(head) - 1; i++) {
                char *copy = arena_memdup(test_ctx()->arena, head, sizeof(head) - 1);

                copy[i] = '\0';
                ck_assert_msg(strstr(events_of_bytes(copy, sizeof(head) - 1), "refused 400\n") != NULL,
                              "a NUL passes at %zu", i);
        }
}

TEST(takes_a_line_up_to_the_limit_and_not_a_byte_more) {
        const char *fits = repeated('a', HTTP_MAX_LINE_BYTES - strlen("GET / HTTP/1.1\r\n"));

        ck_assert_ptr_nonnull(strstr(
                events_of(arena_printf(test_ctx()->arena, "GET /%s HTTP/1.1\r\n\r\n", fits)), "end\n"));
        assert_refused(414, arena_printf(test_ctx()->arena, "GET /%sa HTTP/1.1\r\n\r\n", fits));
        assert_refused(414, repeated('G', HTTP_MAX_LINE_BYTES));
        ck_assert_str_eq(events_of(repeated('G', HTTP_MAX_LINE_BYTES - 1)), "");
}

TEST(takes_a_head_up_to_the_limit_and_not_a_byte_more) {
        const char *fits = repeated('a', HTTP_MAX_HEAD_BYTES - strlen(LINE "X: \r\n\r\n"));

        ck_assert_ptr_nonnull(
                strstr(events_of(arena_printf(test_ctx()->arena, LINE "X: %s\r\n\r\n", fits)), "end\n"));
        assert_refused(431, arena_printf(test_ctx()->arena, LINE "X: %sa\r\n\r\n", fits));
}

TEST(takes_headers_up_to_the_limit_and_not_one_more) {
        StrBuf head = { .arena = test_ctx()->arena };

        strbuf_add(&head, LINE);
        for (int i = 0; i < HTTP_MAX_HEADERS; i++)
                strbuf_add(&head, "X: 1\r\n");
        ck_assert_ptr_nonnull(strstr(events_of(arena_printf(head.arena, "%s\r\n", head.text)), "end\n"));
        assert_refused(431, arena_printf(head.arena, "%sX: 1\r\n\r\n", head.text));
}

TEST(tells_the_same_however_the_bytes_are_cut) {
        static const char *const samples[] = {
                HEAD "\r\n",
                "POST /a?b=c HTTP/1.1\r\nHost: a\r\nX-One:  \t1 \t\r\nX-Empty:\r\n\r\n" HEAD "\r\nGET",
                "GET / HTTP/1.0\r\n\r\n",
                "GET / HTTP/1.2\r\n\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                HEAD "X : 1\r\n\r\n",
                HEAD "X: 1\r\n folded\r\n\r\n",
                HEAD "X: a\rb\r\n\r\n",
                HEAD "X: a\nb\r\n\r\n",
                HEAD ": a\r\n\r\n",
                HEAD "\rX",
                "GET\r\n\r\n",
                "\r\n\r\n",
        };

        for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
                size_t n = strlen(samples[i]);
                const char *whole = events_of(samples[i]);
                Told bytewise = nothing();

                for (size_t end = 1; end <= n; end++)
                        feed(&bytewise, samples[i], end);
                ck_assert_str_eq(strbuf_text(&bytewise.text), whole);
                for (size_t cut = 0; cut <= n; cut++) {
                        Told halves = nothing();

                        feed(&halves, samples[i], cut);
                        feed(&halves, samples[i], n);
                        ck_assert_str_eq(strbuf_text(&halves.text), whole);
                }
        }
}

int main(void) {
        Suite *suite = suite_create("http parser");
        TCase *tests = tcase_create("http parser");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
