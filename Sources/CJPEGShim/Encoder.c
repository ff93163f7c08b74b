#include "CJPEGShim.h"
#include "Errors.h"

#include <stdlib.h>
#include <string.h>

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
) {
    struct jpegshim_errors errors;
    struct jpeg_compress_struct info;
    unsigned char *buffer = encoded;
    unsigned long size = capacity;
    memset(&info, 0, sizeof info);
    info.err = jpegshim_errors_set_up(&errors);
    if (setjmp(errors.escape)) {
        snprintf(message, message_size, "%s", errors.message);
        jpeg_destroy_compress(&info);
        return -1;
    }
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &buffer, &size);
    info.image_width = (JDIMENSION)width;
    info.image_height = (JDIMENSION)height;
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    if (quality >= 90) {
        info.comp_info[0].h_samp_factor = 1;
        info.comp_info[0].v_samp_factor = 1;
    }
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
        JSAMPROW row = (JSAMPROW)pixels + (size_t)info.next_scanline * (size_t)width * 3;
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    if (buffer != encoded) {
        // libjpeg moved to a buffer of its own.
        free(buffer);
        snprintf(message, message_size, "more than %zu bytes", capacity);
        return -1;
    }
    *count = size;
    return 0;
}
