/* What a resampler in C has to offer to take part; rival.c does the rest. */
#ifndef RIVAL_H
#define RIVAL_H

#include <stddef.h>
#include <stdint.h>

/* Streams of 16-bit mono samples. `process` takes all of its input; `room` is always ample. */
struct rival {
    const char *name;
    const char *(*version)(void);
    const char *const *variants; /* ends with NULL */
    void *(*open)(const char *variant, unsigned from_rate, unsigned to_rate); /* NULL: unknown variant */
    size_t (*process)(void *state, const int16_t *input, size_t count, int16_t *output, size_t room);
    size_t (*finish)(void *state, int16_t *output, size_t room);
};

extern const struct rival rival;

#endif
