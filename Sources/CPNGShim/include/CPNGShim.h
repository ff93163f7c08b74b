#ifndef CPNGSHIM_H
#define CPNGSHIM_H

#include <stddef.h>

/// libpng 1.6, opened when the program runs: whoever reads JPEGs alone need not have it. It reports
/// errors by a callback that must not return, so leaving it takes setjmp, which Swift cannot call.

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
/// NULL, or the name of a call that it lacks. C because Swift cannot call what dlsym returns
/// without naming the type of each call, which only C has.
const char *pngshim_bind(void *library);

/// The version of the library, such as "1.6.39". C for the same reason.
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

#endif
