#ifndef CWEBPSHIM_H
#define CWEBPSHIM_H

#include <stddef.h>

/// libwebp's decoder, opened when the program runs: whoever reads JPEGs alone need not have it.

/// What the header of a photo says.
typedef struct {
    int width;
    int height;
    int has_alpha;
    /// 1 where every pixel is kept exactly, and held in 4 bytes while it is decoded.
    int lossless;
} webpshim_header;

/// The part of a photo that is wanted. left and top must be even.
typedef struct {
    int left;
    int top;
    int width;
    int height;
} webpshim_window;

/// Finds the calls that are needed in `library`, which dlopen returned and which stays open; returns
/// NULL, or the name of a call that it lacks. C because Swift cannot call what dlsym returns
/// without naming the type of each call, which only C has.
const char *webpshim_bind(void *library);

/// The version of the library: major << 16 | minor << 8 | patch. C for the same reason.
int webpshim_version(void);

/// Reads the header of the bitstream in `bytes`; 0, or libwebp's status. C for the same reason.
int webpshim_read_header(const unsigned char *bytes, size_t count, webpshim_header *header);

/// Decodes a part of the bitstream in `bytes` into `pixels` as RGB without alpha, `width` · `height`
/// · 3 bytes; 0, or libwebp's status. C for the same reason.
int webpshim_decode(
    const unsigned char *bytes,
    size_t count,
    webpshim_window window,
    unsigned char *pixels
);

#endif
