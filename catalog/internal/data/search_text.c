#include "data/search_text.h"

#include <string.h>

/* A word, or what stands between two quotes; borrowed. */
typedef struct Term {
        const char *text;
        size_t n_bytes;
        bool is_left_out;
} Term;

static size_t word_bytes(const char *text) {
        size_t n = 0;

        while (text[n] && text[n] != '"' && str_blank(&text[n]) == 0)
                n++;
        return n;
}

/* Takes the next term off the text; one without bytes stands for signs that mean nothing. */
static Term take_term(const char **text) {
        const char *at = *text;
        size_t n_minus = strspn(at, "-");
        Term term = { .is_left_out = n_minus > 0 };

        at += n_minus;
        bool is_quoted = *at == '"';
        term.text = is_quoted ? at + 1 : at;
        term.n_bytes = is_quoted ? strcspn(term.text, "\"") : word_bytes(term.text);
        at = term.text + term.n_bytes;
        *text = is_quoted && *at == '"' ? at + 1 : at;
        return term;
}

static void add_term(StrBuf *buf, const char *before, const char *quote, const Term *term) {
        strbuf_add(buf, before);
        strbuf_add(buf, quote);
        strbuf_add_bytes(buf, term->text, term->n_bytes);
        strbuf_add(buf, quote);
}

SearchText catalog_search_text(Arena *arena, const char *text) {
        StrBuf query = { .arena = arena }, names = { .arena = arena }, left_out = { .arena = arena };

        while (*text) {
                size_t n_blank = str_blank(text);
                Term term = { 0 };

                if (n_blank > 0)
                        text += n_blank;
                else
                        term = take_term(&text);
                if (term.n_bytes == 0)
                        continue;
                add_term(&query, term.is_left_out ? " -" : " ", "\"", &term);
                if (term.is_left_out)
                        add_term(&left_out, left_out.n_bytes > 0 ? " or " : "", "\"", &term);
                else
                        add_term(&names, names.n_bytes > 0 ? " " : "", "", &term);
        }
        return (SearchText) {
                .query = strbuf_text(&query),
                .names = strbuf_text(&names),
                .left_out = left_out.n_bytes > 0 ? strbuf_text(&left_out) : NULL,
        };
}
