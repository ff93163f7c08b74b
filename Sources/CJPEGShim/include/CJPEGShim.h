#ifndef CJPEGSHIM_H
#define CJPEGSHIM_H

#include <stddef.h>

/// libjpeg reports errors by a callback that must not return, so leaving it takes setjmp, which
/// Swift cannot call. Every function here sets its own jump point and returns 0 or more for
/// success, -1 for an error whose text is then in jpegshim_message or `message`.

/// One decompressor with its own error state, to be used by one thread at a time and for any
/// number of photos.
typedef struct jpegshim_decoder jpegshim_decoder;

/// What the header of a photo says.
typedef struct {
    int width;
    int height;
    int components;
    /// 1 when the coefficients of the whole photo must be in memory before the first row is known.
    int multiple_scans;
    /// 1 for arithmetic instead of Huffman coding.
    int arithmetic;
    /// Bytes that these coefficients take.
    unsigned long long coefficient_bytes;
} jpegshim_header;

/// The part of the reduced photo that a decoder delivers.
typedef struct {
    /// Extents of the whole photo after reduction.
    int full_width;
    int full_height;
    /// First column delivered, at or left of the one asked for.
    int left;
    /// Columns delivered.
    int width;
} jpegshim_window;

/// Makes a decoder; NULL without memory. C because libjpeg's set-up can report errors.
jpegshim_decoder *jpegshim_decoder_create(void);

/// Frees a decoder and all that it holds.
void jpegshim_decoder_destroy(jpegshim_decoder *decoder);

/// The text of the last error, valid until the next call.
const char *jpegshim_message(const jpegshim_decoder *decoder);

/// Reads the header of the photo in `bytes`, which must stay until jpegshim_end. C because of
/// setjmp.
int jpegshim_read_header(
    jpegshim_decoder *decoder,
    const unsigned char *bytes,
    size_t count,
    jpegshim_header *header
);

/// Begins decoding at `eighths`/8 of the size, of the columns left ..< left + width from row `top`
/// on, all three counted after reduction. C because of setjmp.
int jpegshim_start(
    jpegshim_decoder *decoder,
    int eighths,
    int left,
    int width,
    int top,
    size_t memory_limit,
    jpegshim_window *window
);

/// Decodes the next row into `row` as RGB, 3 bytes a column of the window. C because of setjmp.
int jpegshim_read_row(jpegshim_decoder *decoder, unsigned char *row);

/// Lets go of the photo; the decoder is ready for the next one.
void jpegshim_end(jpegshim_decoder *decoder);

/// Encodes RGB pixels into `encoded` as a baseline JPEG of the given quality, 1…100, chroma halved
/// below quality 90. C because of setjmp.
///
/// On success `*count` is the number of bytes. Else `message` holds the reason,
/// which may be that `capacity` is too small.
int jpegshim_encode(
    const unsigned char *pixels,
    int width,
    int height,
    int quality,
    unsigned char *encoded,
    size_t capacity,
    size_t *count,
    char *message,
    size_t message_size
);

#endif
