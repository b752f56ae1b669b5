#include "emit.h"

#include <string.h>

#define MAX_COLUMNS 110

void emit_string(StrBuf *out, const char *text) {
        if (!text) {
                strbuf_add(out, "NULL");
                return;
        }
        strbuf_add_char(out, '"');
        for (const char *c = text; *c; c++) {
                if (*c == '"' || *c == '\\')
                        strbuf_addf(out, "\\%c", *c);
                else if (*c < ' ' || *c > '~')
                        strbuf_addf(out, "\\%03o", (unsigned char) *c);
                else
                        strbuf_add_char(out, *c);
        }
        strbuf_add_char(out, '"');
}

void emit_list(StrBuf *out, const char *head, const char *const *args, size_t n_args, const char *tail) {
        size_t start = strlen(head);
        size_t column = start;

        strbuf_add(out, head);
        for (size_t i = 0; i < n_args; i++) {
                size_t n_bytes = strlen(args[i]) + (i + 1 < n_args ? 1 : strlen(tail));

                if (i > 0 && column + 1 + n_bytes > MAX_COLUMNS) {
                        strbuf_addf(out, "\n%*s", (int) start, "");
                        column = start;
                } else if (i > 0) {
                        strbuf_add_char(out, ' ');
                        column++;
                }
                strbuf_addf(out, "%s%s", args[i], i + 1 < n_args ? "," : tail);
                column += n_bytes;
        }
        strbuf_add_char(out, '\n');
}

/* A comment's text must not end the comment. */
static void add_word(StrBuf *out, const char *word, size_t n_bytes) {
        for (size_t i = 0; i < n_bytes; i++) {
                if (word[i] == '/' && i > 0 && word[i - 1] == '*')
                        strbuf_add_char(out, ' ');
                strbuf_add_char(out, word[i]);
        }
}

static void add_line(StrBuf *out, int indent, const char *text) {
        size_t column = (size_t) indent + 2;

        strbuf_addf(out, "%*s *", indent, "");
        while (*text) {
                size_t n_bytes = strcspn(text, " ");

                if (column + 1 + n_bytes > MAX_COLUMNS) {
                        strbuf_addf(out, "\n%*s *", indent, "");
                        column = (size_t) indent + 2;
                }
                strbuf_add_char(out, ' ');
                add_word(out, text, n_bytes);
                column += 1 + n_bytes;
                text += n_bytes;
                text += strspn(text, " ");
        }
        strbuf_add_char(out, '\n');
}

void emit_comment(StrBuf *out, int indent, const char *const *lines, size_t n_lines) {
        strbuf_addf(out, "%*s/*\n", indent, "");
        for (size_t i = 0; i < n_lines; i++)
                add_line(out, indent, lines[i]);
        strbuf_addf(out, "%*s */\n", indent, "");
}
