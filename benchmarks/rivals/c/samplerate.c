/* libsamplerate works on floats: its own conversion functions stand on both sides. */
#include "rival.h"

#include <samplerate.h>
#include <stdlib.h>
#include <string.h>

static const char *const variants[] = {"fastest", "medium", "best", NULL};

struct state {
    SRC_STATE *resampler;
    double ratio;
};

static float *scratch_in, *scratch_out; /* shared by all instances, as the rest of the scratch space */
static size_t scratch_in_size, scratch_out_size;

static float *grow(float *memory, size_t *size, size_t wanted) {
    if (*size >= wanted)
        return memory;
    *size = wanted;
    memory = realloc(memory, wanted * sizeof *memory);
    if (!memory)
        abort();
    return memory;
}

static const char *version(void) {
    const char *dash = strchr(src_get_version(), '-');
    static char text[16];
    for (size_t i = 0; dash && i + 1 < sizeof text && dash[i + 1] && dash[i + 1] != ' '; i++)
        text[i] = dash[i + 1];
    return text;
}

static void *open(const char *variant, unsigned from_rate, unsigned to_rate) {
    static const int converters[] = {SRC_SINC_FASTEST, SRC_SINC_MEDIUM_QUALITY, SRC_SINC_BEST_QUALITY};
    for (int i = 0; variants[i]; i++)
        if (!strcmp(variant, variants[i])) {
            int error;
            struct state *state = malloc(sizeof *state);
            if (!state)
                return NULL;
            state->ratio = (double)to_rate / from_rate;
            state->resampler = src_new(converters[i], 1, &error);
            return state->resampler ? state : NULL;
        }
    return NULL;
}

static size_t run(struct state *state, size_t count, int16_t *output, size_t room, int last) {
    size_t produced = 0, taken = 0;
    /* Small inputs yield little: convert no more room than can be filled. */
    size_t window = (size_t)((double)count * state->ratio) + 4096;
    if (window > room)
        window = room;
    scratch_out = grow(scratch_out, &scratch_out_size, window);
    for (;;) {
        SRC_DATA data = {.data_in = scratch_in + taken,
                         .data_out = scratch_out,
                         .input_frames = (long)(count - taken),
                         .output_frames = (long)(room - produced < window ? room - produced : window),
                         .end_of_input = last,
                         .src_ratio = state->ratio};
        if (src_process(state->resampler, &data))
            break;
        src_float_to_short_array(scratch_out, output + produced, (int)data.output_frames_gen);
        taken += (size_t)data.input_frames_used;
        produced += (size_t)data.output_frames_gen;
        if ((!last && taken == count) || !(data.input_frames_used | data.output_frames_gen))
            break;
    }
    return produced;
}

static size_t process(void *state, const int16_t *input, size_t count, int16_t *output, size_t room) {
    scratch_in = grow(scratch_in, &scratch_in_size, count);
    src_short_to_float_array(input, scratch_in, (int)count);
    return run(state, count, output, room, 0);
}

static size_t finish(void *state, int16_t *output, size_t room) {
    scratch_in = grow(scratch_in, &scratch_in_size, 1);
    return run(state, 0, output, room, 1);
}

const struct rival rival = {"libsamplerate", version, variants, open, process, finish};
