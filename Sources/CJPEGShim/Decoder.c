#include "CJPEGShim.h"
#include "Errors.h"

#include <jerror.h>
#include <stdlib.h>
#include <string.h>

/// Real progressive photos have about ten scans; each scan costs a pass over the whole photo.
#define SCAN_LIMIT 100

struct jpegshim_decoder {
    struct jpeg_decompress_struct info;
    struct jpegshim_errors errors;
    struct jpeg_progress_mgr progress;
    /// A row of CMYK before its conversion, or NULL.
    JSAMPARRAY inks;
};

/// Ends files that keep adding scans.
static void limit_scans(j_common_ptr info) {
    j_decompress_ptr decompressor = (j_decompress_ptr)info;
    if (decompressor->input_scan_number <= SCAN_LIMIT) return;
    struct jpegshim_errors *errors = (struct jpegshim_errors *)info->err;
    snprintf(errors->message, sizeof errors->message, "more than %d scans", SCAN_LIMIT);
    longjmp(errors->escape, 1);
}

jpegshim_decoder *jpegshim_decoder_create(void) {
    jpegshim_decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder) return NULL;
    decoder->info.err = jpegshim_errors_set_up(&decoder->errors);
    if (setjmp(decoder->errors.escape)) {
        free(decoder);
        return NULL;
    }
    jpeg_create_decompress(&decoder->info);
    decoder->progress.progress_monitor = limit_scans;
    decoder->info.progress = &decoder->progress;
    return decoder;
}

void jpegshim_decoder_destroy(jpegshim_decoder *decoder) {
    if (!decoder) return;
    jpeg_destroy_decompress(&decoder->info);
    free(decoder);
}

const char *jpegshim_message(const jpegshim_decoder *decoder) {
    return decoder->errors.message;
}

void jpegshim_end(jpegshim_decoder *decoder) {
    decoder->inks = NULL;
    jpeg_abort_decompress(&decoder->info);
}

int jpegshim_read_header(
    jpegshim_decoder *decoder,
    const unsigned char *bytes,
    size_t count,
    jpegshim_header *header
) {
    j_decompress_ptr info = &decoder->info;
    if (setjmp(decoder->errors.escape)) {
        jpegshim_end(decoder);
        return -1;
    }
    jpeg_mem_src(info, bytes, count);
    jpeg_read_header(info, TRUE);
    header->width = (int)info->image_width;
    header->height = (int)info->image_height;
    header->components = info->num_components;
    header->multiple_scans = jpeg_has_multiple_scans(info);
    header->arithmetic = info->arith_code;
    header->coefficient_bytes = 0;
    for (int c = 0; c < info->num_components; c++) {
        const jpeg_component_info *component = &info->comp_info[c];
        header->coefficient_bytes += (unsigned long long)component->width_in_blocks
            * component->height_in_blocks * sizeof(JBLOCK);
    }
    return 0;
}

int jpegshim_start(
    jpegshim_decoder *decoder,
    int eighths,
    int left,
    int width,
    int top,
    size_t memory_limit,
    jpegshim_window *window
) {
    j_decompress_ptr info = &decoder->info;
    if (setjmp(decoder->errors.escape)) {
        jpegshim_end(decoder);
        return -1;
    }
    info->mem->max_memory_to_use = (long)memory_limit;
    info->scale_num = (unsigned)eighths;
    info->scale_denom = 8;
    int inks = info->num_components == 4;
    info->out_color_space = inks ? JCS_CMYK : JCS_RGB;
    info->dct_method = JDCT_ISLOW;
    jpeg_start_decompress(info);
    JDIMENSION first = (JDIMENSION)left;
    JDIMENSION columns = (JDIMENSION)width;
    window->full_width = (int)info->output_width;
    window->full_height = (int)info->output_height;
    if (columns < info->output_width) jpeg_crop_scanline(info, &first, &columns);
    window->left = (int)first;
    window->width = (int)columns;
    if (inks) {
        decoder->inks = info->mem->alloc_sarray(
            (j_common_ptr)info, JPOOL_IMAGE, info->output_width * 4, 1);
    }
    if (top > 0) jpeg_skip_scanlines(info, (JDIMENSION)top);
    return 0;
}

/// Light that passes all four inks. Writers of CMYK store them inverted, as Adobe does, and say so
/// or not; readers take all to be so.
static void convert_inks(const unsigned char *inks, unsigned char *row, JDIMENSION width) {
    for (JDIMENSION x = 0; x < width; x++) {
        int black = inks[4 * x + 3];
        for (int c = 0; c < 3; c++) {
            row[3 * x + c] = (unsigned char)((inks[4 * x + c] * black + 127) / 255);
        }
    }
}

int jpegshim_read_row(jpegshim_decoder *decoder, unsigned char *row) {
    j_decompress_ptr info = &decoder->info;
    if (setjmp(decoder->errors.escape)) {
        jpegshim_end(decoder);
        return -1;
    }
    JSAMPROW target = decoder->inks ? decoder->inks[0] : row;
    if (jpeg_read_scanlines(info, &target, 1) != 1) {
        snprintf(decoder->errors.message, sizeof decoder->errors.message, "no more rows");
        longjmp(decoder->errors.escape, 1);
    }
    if (decoder->inks) convert_inks(target, row, info->output_width);
    return 0;
}
