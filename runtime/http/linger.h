/*
 * Reads away what clients still send after they were refused in the middle of a body. Closing at once would
 * reset the connection, and many clients then report a broken pipe instead of the answer.
 */
#pragma once

typedef struct Linger Linger;

/* Starts its thread; NULL when there is none to be had. */
Linger *linger_new(void);

/* Closes what is left. Accepts NULL. */
void linger_free(Linger *linger);

/* Keeps the client's half of the connection open, through its own descriptor, until it closes or for 2 s. */
void linger_take(Linger *linger, int fd);
