/* libswresample. `default` filters in 16 bits, as it chooses for 16-bit input; `float` is told to use floats. */
#include "rival.h"

#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const variants[] = {"default", "float", "float-64", NULL};

static const char *version(void) {
    static char text[32];
    unsigned number = swresample_version();
    snprintf(text, sizeof text, "%u.%u.%u", number >> 16, number >> 8 & 255, number & 255);
    return text;
}

struct state {
    SwrContext *context;
    double ratio;
};

static void *open(const char *variant, unsigned from_rate, unsigned to_rate) {
    AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
    SwrContext *context = NULL;
    struct state *state = malloc(sizeof *state);
    if (swr_alloc_set_opts2(&context, &mono, AV_SAMPLE_FMT_S16, (int)to_rate, &mono, AV_SAMPLE_FMT_S16, (int)from_rate,
                            0, NULL) < 0)
        return NULL;
    if (!strncmp(variant, "float", 5))
        av_opt_set_sample_fmt(context, "internal_sample_fmt", AV_SAMPLE_FMT_FLTP, 0);
    if (!strcmp(variant, "float-64"))
        av_opt_set_int(context, "filter_size", 64, 0);
    if (!state || swr_init(context) < 0)
        return NULL;
    state->context = context;
    state->ratio = (double)to_rate / from_rate;
    return state;
}

static size_t give(struct state *state, const int16_t *input, size_t count, int16_t *output, size_t room) {
    const uint8_t *in = (const uint8_t *)input;
    uint8_t *out = (uint8_t *)output;
    int produced = swr_convert(state->context, &out, (int)room, input ? &in : NULL, (int)count);
    return produced < 0 ? 0 : (size_t)produced;
}

/* It makes its buffers as long as the room it is given: no more than it can need. */
static size_t process(void *opaque, const int16_t *input, size_t count, int16_t *output, size_t room) {
    struct state *state = opaque;
    size_t enough = (size_t)((double)count * state->ratio) + 64;
    return give(state, input, count, output, enough < room ? enough : room);
}

static size_t finish(void *state, int16_t *output, size_t room) { return give(state, NULL, 0, output, room); }

const struct rival rival = {"libswresample", version, variants, open, process, finish};
