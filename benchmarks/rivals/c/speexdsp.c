/* speexdsp, with its filter's delay skipped at the start and fetched at the end. */
#include "rival.h"

#include <speex/speex_resampler.h>
#include <stdlib.h>
#include <string.h>

/* Quality 3 is the library's preset for calls, 5 for desktops, 4 its default, 7 that of the Node package. */
static const char *const variants[] = {"q3", "q4", "q5", "q7", "q10", NULL};

#ifndef LIBRARY_VERSION
#define LIBRARY_VERSION "unknown"
#endif

static const char *version(void) { return LIBRARY_VERSION; }

static void *open(const char *variant, unsigned from_rate, unsigned to_rate) {
    SpeexResamplerState *state;
    if (variant[0] != 'q')
        return NULL;
    state = speex_resampler_init(1, from_rate, to_rate, atoi(variant + 1), NULL);
    if (state)
        speex_resampler_skip_zeros(state);
    return state;
}

static size_t process(void *state, const int16_t *input, size_t count, int16_t *output, size_t room) {
    size_t produced = 0;
    while (count) {
        spx_uint32_t taken = (spx_uint32_t)count, given = (spx_uint32_t)(room - produced);
        if (speex_resampler_process_int(state, 0, input, &taken, output + produced, &given) || !(taken | given))
            break;
        input += taken, count -= taken, produced += given;
    }
    return produced;
}

static size_t finish(void *state, int16_t *output, size_t room) {
    size_t held = (size_t)speex_resampler_get_input_latency(state);
    int16_t *silence = calloc(held + 1, sizeof *silence);
    size_t produced = silence ? process(state, silence, held, output, room) : 0;
    free(silence);
    return produced;
}

const struct rival rival = {"speexdsp", version, variants, open, process, finish};
