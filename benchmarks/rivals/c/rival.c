/* The protocol of all rivals (see benchmarks/README.md), for resamplers in C:

     info
     convert VARIANT FROM TO CHUNK [COUNTS]     < bytes > bytes
     bench   VARIANT FROM TO CHUNK BATCHES MS   < bytes
     memory  VARIANT FROM TO CHUNK INSTANCES    < bytes

   FROM and TO are pcm16/RATE or mulaw/RATE. The libraries know no mu-law: one plain table each way. */
#define _GNU_SOURCE
#include "rival.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct format {
    int is_mulaw;
    unsigned rate;
};

/* A resampler with the scratch space that its conversions share. */
struct job {
    struct format from, to;
    size_t room;
    int16_t *linear_in, *linear_out;
    uint8_t *bytes_out;
};

static uint8_t encode_table[65536];
static int16_t decode_table[256];

static void die(const char *what) {
    fprintf(stderr, "%s: %s\n", rival.name, what);
    exit(1);
}

static void *allocate(size_t bytes) {
    void *memory = malloc(bytes ? bytes : 1);
    if (!memory)
        die("out of memory");
    return memory;
}

/* G.711: eight chords of sixteen steps, the magnitude biased by 33 steps of the 14-bit scale. */
static int16_t mulaw_value(unsigned code) {
    unsigned inverted = ~code & 0xff, chord = inverted >> 4 & 7, step = inverted & 15;
    int magnitude = (int)(((2 * step + 33) << chord) - 33) * 4;
    return (int16_t)(inverted & 0x80 ? -magnitude : magnitude);
}

static void make_tables(void) {
    for (unsigned code = 0; code < 256; code++)
        decode_table[code] = mulaw_value(code);
    for (int sample = -32768; sample < 32768; sample++) {
        int biased = (sample < 0 ? -(sample + 1) : sample) / 4 + 33, chord = 0;
        if (biased > 0x1fff)
            biased = 0x1fff;
        while (biased >> (chord + 6))
            chord++;
        unsigned bits = (unsigned)(chord << 4 | (biased >> (chord + 1) & 15)) | (sample < 0 ? 0x80 : 0);
        encode_table[(uint16_t)sample] = (uint8_t)~bits;
    }
}

static struct format parse_format(const char *text) {
    const char *slash = strchr(text, '/');
    struct format format = {0};
    if (!slash)
        die("a format is ENCODING/RATE");
    format.is_mulaw = !strncmp(text, "mulaw/", 6);
    format.rate = (unsigned)atoi(slash + 1);
    return format;
}

static size_t sample_bytes(struct format format) { return format.is_mulaw ? 1 : 2; }

static struct job new_job(struct format from, struct format to, size_t largest_chunk) {
    struct job job = {from, to, 0, NULL, NULL, NULL};
    job.room = (size_t)((double)largest_chunk * to.rate / from.rate) + 4096;
    job.linear_in = allocate(largest_chunk * sizeof(int16_t));
    job.linear_out = allocate(job.room * sizeof(int16_t));
    job.bytes_out = allocate(job.room * sizeof(int16_t));
    return job;
}

static size_t encode(const struct job *job, size_t count) {
    if (!job->to.is_mulaw) {
        memcpy(job->bytes_out, job->linear_out, 2 * count);
        return 2 * count;
    }
    for (size_t i = 0; i < count; i++)
        job->bytes_out[i] = encode_table[(uint16_t)job->linear_out[i]];
    return count;
}

/* One chunk of bytes in, the bytes that it yields in job->bytes_out; returns their number. */
static size_t convert_chunk(const struct job *job, void *state, const uint8_t *bytes, size_t count) {
    const int16_t *linear = job->linear_in;
    if (job->from.is_mulaw)
        for (size_t i = 0; i < count; i++)
            job->linear_in[i] = decode_table[bytes[i]];
    else
        linear = (const int16_t *)(const void *)bytes;
    return encode(job, rival.process(state, linear, count, job->linear_out, job->room));
}

static uint8_t *read_all(size_t *length) {
    size_t capacity = 1 << 20, used = 0, got;
    uint8_t *bytes = allocate(capacity);
    while ((got = fread(bytes + used, 1, capacity - used, stdin)) > 0) {
        used += got;
        if (used == capacity && !(bytes = realloc(bytes, capacity *= 2)))
            die("out of memory");
    }
    *length = used;
    return bytes;
}

static void *open_state(const char *variant, struct format from, struct format to) {
    void *state = rival.open(variant, from.rate, to.rate);
    if (!state)
        die("cannot open this variant");
    return state;
}

static int print_info(void) {
    printf("{\"name\":\"%s\",\"version\":\"%s\",\"language\":\"C\",\"g711\":\"table\",\"stateful\":true,\"variants\":[",
           rival.name, rival.version());
    for (const char *const *variant = rival.variants; *variant; variant++)
        printf("%s\"%s\"", variant == rival.variants ? "" : ",", *variant);
    puts("]}");
    return 0;
}

static int convert(const char *variant, struct format from, struct format to, size_t chunk, const char *counts_path) {
    size_t length;
    uint8_t *bytes = read_all(&length);
    size_t samples = length / sample_bytes(from);
    if (chunk == 0)
        chunk = samples;
    struct job job = new_job(from, to, chunk);
    void *state = open_state(variant, from, to);
    FILE *counts = counts_path ? fopen(counts_path, "wb") : NULL;
    for (size_t at = 0; at < samples; at += chunk) {
        size_t count = samples - at < chunk ? samples - at : chunk;
        size_t written = convert_chunk(&job, state, bytes + at * sample_bytes(from), count);
        fwrite(job.bytes_out, 1, written, stdout);
        uint32_t produced = (uint32_t)(written / sample_bytes(to));
        if (counts)
            fwrite(&produced, sizeof produced, 1, counts);
    }
    fwrite(job.bytes_out, 1, encode(&job, rival.finish(state, job.linear_out, job.room)), stdout);
    if (counts)
        fclose(counts);
    return 0;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* Batches of about MS milliseconds, after one that warms up; a line of nanoseconds a chunk for each. */
static int bench(const char *variant, struct format from, struct format to, size_t chunk, int batches, double millis) {
    size_t length;
    uint8_t *bytes = read_all(&length);
    size_t chunks = length / (chunk * sample_bytes(from)), at = 0;
    volatile uint8_t sink = 0;
    struct job job = new_job(from, to, chunk);
    void *state = open_state(variant, from, to);
    for (int batch = -1; batch < batches; batch++) {
        double start = now(), elapsed;
        size_t done = 0;
        do {
            for (int i = 0; i < 50; i++) {
                size_t written = convert_chunk(&job, state, bytes + at * chunk * sample_bytes(from), chunk);
                sink ^= job.bytes_out[written / 2];
                at = at + 1 == chunks ? 0 : at + 1;
            }
            done += 50;
            elapsed = now() - start;
        } while (elapsed < millis * 1e6);
        if (batch >= 0)
            printf("%.1f\n", elapsed / (double)done);
    }
    return 0;
}

static double resident_bytes(void) {
    long size, resident = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (!statm || fscanf(statm, "%ld %ld", &size, &resident) != 2)
        die("cannot read /proc/self/statm");
    fclose(statm);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

/* Growth of the resident set by INSTANCES that have each converted five chunks, over their number. */
static int memory(const char *variant, struct format from, struct format to, size_t chunk, int instances) {
    size_t length;
    uint8_t *bytes = read_all(&length);
    struct job job = new_job(from, to, chunk);
    void **states = allocate((size_t)instances * sizeof *states);
    memset(states, 0, (size_t)instances * sizeof *states);
    double before = 0;
    for (int i = -1; i < instances; i++) { /* the first one pays for what all of them share */
        void *state = open_state(variant, from, to);
        for (size_t at = 0; at < 5; at++)
            convert_chunk(&job, state, bytes + at * chunk * sample_bytes(from), chunk);
        if (i >= 0)
            states[i] = state;
        else
            before = resident_bytes();
    }
    printf("%.0f\n", (resident_bytes() - before) / instances);
    return 0;
}

int main(int argc, char **argv) {
    make_tables();
    if (argc == 2 && !strcmp(argv[1], "info"))
        return print_info();
    if (argc >= 6) {
        struct format from = parse_format(argv[3]), to = parse_format(argv[4]);
        size_t chunk = (size_t)atol(argv[5]);
        if (!strcmp(argv[1], "convert"))
            return convert(argv[2], from, to, chunk, argc > 6 ? argv[6] : NULL);
        if (!strcmp(argv[1], "bench") && argc == 8)
            return bench(argv[2], from, to, chunk, atoi(argv[6]), atof(argv[7]));
        if (!strcmp(argv[1], "memory") && argc == 7)
            return memory(argv[2], from, to, chunk, atoi(argv[6]));
    }
    die("info | convert VARIANT FROM TO CHUNK [COUNTS] | bench VARIANT FROM TO CHUNK BATCHES MS | memory VARIANT FROM TO CHUNK INSTANCES");
}
