/* Finds what looks like a card number in a text that people write, so that none is kept. */
#pragma once

#include <stdbool.h>

#define CARD_MIN_DIGITS 13
#define CARD_MAX_DIGITS 19

/*
 * True when the text holds 13 to 19 digits with a valid check digit (Luhn), alone or in groups with blanks,
 * dashes or points between them, of which the first has four digits or more. Digits of a word that also has
 * letters ("ORD-4242424242424242"), and those that begin with + (a telephone number), are none.
 */
bool card_number_in(const char *text);

/* What stands in answers and logs for a text that a client chose and that holds a card number. */
#define CARD_HIDDEN "(looks like a card number)"

/* The text, or CARD_HIDDEN. */
const char *card_hidden(const char *text);
