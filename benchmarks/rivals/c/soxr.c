/* libsoxr. The dither of 16-bit output is off: faster and with less noise than the default. */
#include "rival.h"

#include <soxr.h>
#include <string.h>

static const char *const variants[] = {"hq", "vhq", "mq", "lq", "qq", NULL};

static const char *version(void) {
    const char *text = soxr_version(), *dash = strchr(text, '-');
    return dash ? dash + 1 : text;
}

static void *open(const char *variant, unsigned from_rate, unsigned to_rate) {
    static const unsigned long recipes[] = {SOXR_HQ, SOXR_VHQ, SOXR_MQ, SOXR_LQ, SOXR_QQ};
    soxr_io_spec_t io = soxr_io_spec(SOXR_INT16_I, SOXR_INT16_I);
    io.flags = SOXR_NO_DITHER;
    for (int i = 0; variants[i]; i++)
        if (!strcmp(variant, variants[i])) {
            soxr_quality_spec_t quality = soxr_quality_spec(recipes[i], 0);
            return soxr_create(from_rate, to_rate, 1, NULL, &io, &quality, NULL);
        }
    return NULL;
}

static size_t process(void *state, const int16_t *input, size_t count, int16_t *output, size_t room) {
    size_t produced = 0;
    while (count) {
        size_t taken, given;
        if (soxr_process(state, input, count, &taken, output + produced, room - produced, &given))
            break;
        input += taken, count -= taken, produced += given;
    }
    return produced;
}

static size_t finish(void *state, int16_t *output, size_t room) {
    size_t produced = 0, given;
    do {
        if (soxr_process(state, NULL, 0, NULL, output + produced, room - produced, &given))
            break;
        produced += given;
    } while (given);
    return produced;
}

const struct rival rival = {"soxr", version, variants, open, process, finish};
