#include "Errors.h"

#include <jerror.h>

/// A stray padding of this many bytes before a marker is common and harmless.
#define HARMLESS_EXTRA_BYTES 256

/// Keeps the text and leaves by the jump point; libjpeg forbids returning from here.
static void leave(j_common_ptr info) {
    struct jpegshim_errors *errors = (struct jpegshim_errors *)info->err;
    errors->manager.format_message(info, errors->message);
    longjmp(errors->escape, 1);
}

/// Whether data end before the last row of blocks; past that, what is lost is a corner at most.
static int rows_are_missing(j_common_ptr info) {
    if (!info->is_decompressor) return 1;
    j_decompress_ptr decompressor = (j_decompress_ptr)info;
    return decompressor->input_iMCU_row + 1 < decompressor->total_iMCU_rows
        || decompressor->total_iMCU_rows == 0;
}

/// Treats warnings that mean damaged pixels as errors and drops the rest: libjpeg would fill up
/// with gray and say nothing.
static void weigh(j_common_ptr info, int level) {
    if (level >= 0) return;
    switch (info->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
        if (rows_are_missing(info)) leave(info);
        return;
    case JWRN_EXTRANEOUS_DATA:
        if (info->err->msg_parm.i[0] > HARMLESS_EXTRA_BYTES) leave(info);
        return;
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_ARITH_BAD_CODE:
        leave(info);
        return;
    default:
        return;
    }
}

/// Keeps libjpeg from printing to stderr.
static void keep_silent(j_common_ptr info) {
    (void)info;
}

struct jpeg_error_mgr *jpegshim_errors_set_up(struct jpegshim_errors *errors) {
    struct jpeg_error_mgr *manager = jpeg_std_error(&errors->manager);
    manager->error_exit = leave;
    manager->emit_message = weigh;
    manager->output_message = keep_silent;
    errors->message[0] = 0;
    return manager;
}
