#ifndef CJPEGSHIM_ERRORS_H
#define CJPEGSHIM_ERRORS_H

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

/// libjpeg's error manager with a place to jump to. Without such a place libjpeg ends the process.
struct jpegshim_errors {
    struct jpeg_error_mgr manager;
    jmp_buf escape;
    char message[JMSG_LENGTH_MAX];
};

/// Sets `errors` up for use as `cinfo->err`.
struct jpeg_error_mgr *jpegshim_errors_set_up(struct jpegshim_errors *errors);

#endif
