#ifndef CPHOTOSHIM_H
#define CPHOTOSHIM_H

#include <stddef.h>

/// Libraries that are opened when the first photo of their kind comes: whoever reads JPEGs alone need not have
/// them. C because Swift cannot call what dlsym returns without the type of each call, which only C has.

// libpng 1.6. It reports errors by a callback that must not return, so leaving it takes setjmp, which Swift
// cannot call.

/// One reader of PNGs with its own error state, to be used by one thread at a time and for any
/// number of photos.
typedef struct pngshim_decoder pngshim_decoder;

/// What the header of a photo says.
typedef struct {
    unsigned width;
    unsigned height;
    /// Bits of a pixel as stored.
    int bits;
    /// 1 gray, 2 gray and alpha, 3 colour (a palette too), 4 colour and alpha.
    int components;
    /// 1 where rows come in seven passes, so that the whole photo must be in memory.
    int interlaced;
} pngshim_header;

/// Finds the calls that are needed in `library`, which dlopen returned and which stays open; returns
/// NULL, or the name of a call that it lacks.
const char *pngshim_bind(void *library);

/// The version of the library, such as "1.6.39".
const char *pngshim_version(void);

/// Makes a decoder, after pngshim_bind; NULL without memory.
pngshim_decoder *pngshim_decoder_create(void);

/// Frees a decoder and all that it holds.
void pngshim_decoder_destroy(pngshim_decoder *decoder);

/// The text of the last error, valid until the next call.
const char *pngshim_message(const pngshim_decoder *decoder);

/// Reads the header of the photo in `bytes`, which must stay until pngshim_end; 0, or −1 for an
/// error. C because of setjmp.
int pngshim_read_header(
    pngshim_decoder *decoder,
    const unsigned char *bytes,
    size_t count,
    pngshim_header *header
);

/// Begins decoding; returns in how many passes the rows come, −1 for an error. C because of setjmp.
int pngshim_start(pngshim_decoder *decoder);

/// Decodes the next row into `row` as RGB, 3 bytes a column, without alpha; where `row` is NULL, the
/// row is left out. In a photo of several passes, `row` holds what the passes before wrote. C
/// because of setjmp.
int pngshim_read_row(pngshim_decoder *decoder, unsigned char *row);

/// Lets go of the photo; the decoder is ready for the next one.
void pngshim_end(pngshim_decoder *decoder);

// libwebp's decoder.

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

/// As pngshim_bind.
const char *webpshim_bind(void *library);

/// The version of the library: major << 16 | minor << 8 | patch.
int webpshim_version(void);

/// Reads the header of the bitstream in `bytes`; 0, or libwebp's status.
int webpshim_read_header(const unsigned char *bytes, size_t count, webpshim_header *header);

/// Decodes a part of the bitstream in `bytes` into `pixels` as RGB without alpha, `width` · `height`
/// · 3 bytes; 0, or libwebp's status.
int webpshim_decode(
    const unsigned char *bytes,
    size_t count,
    webpshim_window window,
    unsigned char *pixels
);

#endif
