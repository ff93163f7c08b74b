#include "Binding.h"
#include "CPhotoShim.h"

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Values of png.h, which is not there where only the library is.
#define COLOUR_PALETTE 3
#define COLOUR_BIT 2
#define ALPHA_BIT 4
#define NEVER_KEEP 1
#define LARGEST_SIDE 0x7fffffffu

typedef void report(void *png, const char *message);
typedef void supply(void *png, unsigned char *target, size_t count);

/// What a linker would fill in if the library were linked: written once, by pngshim_bind.
static struct {
    const char *(*version)(void *);
    void *(*create_read)(const char *, void *, report *, report *);
    void *(*create_info)(void *);
    void (*destroy_read)(void **, void **, void **);
    void *(*error_pointer)(void *);
    void *(*io_pointer)(void *);
    void (*set_read)(void *, void *, supply *);
    void (*set_limits)(void *, uint32_t, uint32_t);
    void (*keep_unknown)(void *, int, const unsigned char *, int);
    void (*read_info)(void *, void *);
    uint32_t (*get_header)(
        void *, void *, uint32_t *, uint32_t *, int *, int *, int *, int *, int *);
    void (*palette_to_rgb)(void *);
    void (*gray_to_bytes)(void *);
    void (*gray_to_rgb)(void *);
    void (*scale_16)(void *);
    void (*strip_alpha)(void *);
    int (*passes)(void *);
    void (*update_info)(void *, void *);
    size_t (*row_bytes)(void *, void *);
    void (*read_row)(void *, unsigned char *, unsigned char *);
} png;

struct pngshim_decoder {
    void *photo;
    void *info;
    const unsigned char *bytes;
    size_t count;
    size_t at;
    uint32_t width;
    jmp_buf escape;
    char message[128];
};

const char *pngshim_bind(void *library) {
    static const photoshim_call calls[] = {
        {"png_get_libpng_ver", &png.version},
        {"png_create_read_struct", &png.create_read},
        {"png_create_info_struct", &png.create_info},
        {"png_destroy_read_struct", &png.destroy_read},
        {"png_get_error_ptr", &png.error_pointer},
        {"png_get_io_ptr", &png.io_pointer},
        {"png_set_read_fn", &png.set_read},
        {"png_set_user_limits", &png.set_limits},
        {"png_set_keep_unknown_chunks", &png.keep_unknown},
        {"png_read_info", &png.read_info},
        {"png_get_IHDR", &png.get_header},
        {"png_set_palette_to_rgb", &png.palette_to_rgb},
        {"png_set_expand_gray_1_2_4_to_8", &png.gray_to_bytes},
        {"png_set_gray_to_rgb", &png.gray_to_rgb},
        {"png_set_scale_16", &png.scale_16},
        {"png_set_strip_alpha", &png.strip_alpha},
        {"png_set_interlace_handling", &png.passes},
        {"png_read_update_info", &png.update_info},
        {"png_get_rowbytes", &png.row_bytes},
        {"png_read_row", &png.read_row},
    };
    static int bound = 0;
    return photoshim_bind(library, calls, sizeof calls / sizeof *calls, &bound);
}

const char *pngshim_version(void) {
    return png.version(NULL);
}

pngshim_decoder *pngshim_decoder_create(void) {
    return calloc(1, sizeof(pngshim_decoder));
}

void pngshim_decoder_destroy(pngshim_decoder *decoder) {
    if (!decoder) return;
    pngshim_end(decoder);
    free(decoder);
}

const char *pngshim_message(const pngshim_decoder *decoder) {
    return decoder->message;
}

void pngshim_end(pngshim_decoder *decoder) {
    if (decoder->photo) png.destroy_read(&decoder->photo, &decoder->info, NULL);
    decoder->photo = NULL;
    decoder->info = NULL;
}

/// Keeps the text and leaves by the jump point; libpng forbids returning from here.
static void leave(void *photo, const char *message) {
    pngshim_decoder *decoder = png.error_pointer(photo);
    snprintf(decoder->message, sizeof decoder->message, "%s", message);
    longjmp(decoder->escape, 1);
}

/// Keeps libpng from printing to stderr. What it warns of lies in chunks that do not touch pixels.
static void keep_silent(void *photo, const char *message) {
    (void)photo;
    (void)message;
}

/// Hands out the bytes of the file.
static void hand_out(void *photo, unsigned char *target, size_t count) {
    pngshim_decoder *decoder = png.io_pointer(photo);
    if (count > decoder->count - decoder->at) leave(photo, "the file ends too early");
    memcpy(target, decoder->bytes + decoder->at, count);
    decoder->at += count;
}

int pngshim_read_header(
    pngshim_decoder *decoder,
    const unsigned char *bytes,
    size_t count,
    pngshim_header *header
) {
    uint32_t height = 0;
    int depth = 0, colour = 0, interlace = 0, compression = 0, filter = 0;
    pngshim_end(decoder);
    decoder->bytes = bytes;
    decoder->count = count;
    decoder->at = 0;
    if (setjmp(decoder->escape)) {
        pngshim_end(decoder);
        return -1;
    }
    // Any version 1.6 will do; libpng compares the first two numbers.
    decoder->photo = png.create_read("1.6.0", decoder, leave, keep_silent);
    if (decoder->photo) decoder->info = png.create_info(decoder->photo);
    if (!decoder->info) {
        snprintf(decoder->message, sizeof decoder->message, "no memory, or no libpng 1.6");
        longjmp(decoder->escape, 1);
    }
    // The caller judges the extents. Text and profiles are skipped unread: they can be bombs too.
    png.set_limits(decoder->photo, LARGEST_SIDE, LARGEST_SIDE);
    png.keep_unknown(decoder->photo, NEVER_KEEP, NULL, -1);
    png.set_read(decoder->photo, decoder, hand_out);
    png.read_info(decoder->photo, decoder->info);
    png.get_header(
        decoder->photo, decoder->info, &decoder->width, &height, &depth, &colour, &interlace,
        &compression, &filter);
    int stored = colour == COLOUR_PALETTE ? 1 : colour & COLOUR_BIT ? 3 : 1;
    int alpha = colour & ALPHA_BIT ? 1 : 0;
    header->width = decoder->width;
    header->height = height;
    header->bits = depth * (stored + alpha);
    header->components = (colour & COLOUR_BIT ? 3 : 1) + alpha;
    header->interlaced = interlace != 0;
    if (colour == COLOUR_PALETTE) png.palette_to_rgb(decoder->photo);
    if (!(colour & COLOUR_BIT)) {
        if (depth < 8) png.gray_to_bytes(decoder->photo);
        png.gray_to_rgb(decoder->photo);
    }
    if (depth == 16) png.scale_16(decoder->photo);
    png.strip_alpha(decoder->photo);
    return 0;
}

int pngshim_start(pngshim_decoder *decoder) {
    if (setjmp(decoder->escape)) {
        pngshim_end(decoder);
        return -1;
    }
    int passes = png.passes(decoder->photo);
    png.update_info(decoder->photo, decoder->info);
    if (png.row_bytes(decoder->photo, decoder->info) != (size_t)decoder->width * 3) {
        leave(decoder->photo, "its rows are not what they were to become");
    }
    return passes;
}

int pngshim_read_row(pngshim_decoder *decoder, unsigned char *row) {
    if (setjmp(decoder->escape)) {
        pngshim_end(decoder);
        return -1;
    }
    png.read_row(decoder->photo, row, NULL);
    return 0;
}
