#include "Binding.h"
#include "CPhotoShim.h"

#include <stdint.h>
#include <string.h>

// The structs of decode.h as decoder ABI 2.8 has them (libwebp 0.5 and newer). libwebp refuses
// another major number; minor numbers have only used up padding.
#define DECODER_ABI 0x0208
#define MODE_RGB 0
#define FORMAT_LOSSLESS 2

struct features {
    int width, height;
    int has_alpha, has_animation;
    int format;
    uint32_t padding[5];
};

struct buffer {
    int colour_space;
    int width, height;
    int is_external;
    union {
        struct {
            uint8_t *pixels;
            int stride;
            size_t size;
        } rgb;
        struct {
            uint8_t *planes[4];
            int strides[4];
            size_t sizes[4];
        } yuva;
    } pixels;
    uint32_t padding[4];
    uint8_t *private_memory;
};

struct options {
    int bypass_filtering, no_fancy_upsampling;
    int use_cropping, crop_left, crop_top, crop_width, crop_height;
    int use_scaling, scaled_width, scaled_height;
    int use_threads;
    int dithering_strength, flip, alpha_dithering_strength;
    uint32_t padding[5];
};

struct configuration {
    struct features input;
    struct buffer output;
    struct options options;
    /// In case that a later version writes more than it should.
    uint8_t spare[256];
};

/// What a linker would fill in if the library were linked: written once, by webpshim_bind.
static struct {
    int (*version)(void);
    int (*get_features)(const uint8_t *, size_t, struct features *, int);
    int (*prepare)(struct configuration *, int);
    int (*decode)(const uint8_t *, size_t, struct configuration *);
} webp;

const char *webpshim_bind(void *library) {
    static const photoshim_call calls[] = {
        {"WebPGetDecoderVersion", &webp.version},
        {"WebPGetFeaturesInternal", &webp.get_features},
        {"WebPInitDecoderConfigInternal", &webp.prepare},
        {"WebPDecode", &webp.decode},
    };
    static int bound = 0;
    return photoshim_bind(library, calls, sizeof calls / sizeof *calls, &bound);
}

int webpshim_version(void) {
    return webp.version();
}

int webpshim_read_header(const unsigned char *bytes, size_t count, webpshim_header *header) {
    struct features features;
    memset(&features, 0, sizeof features);
    int status = webp.get_features(bytes, count, &features, DECODER_ABI);
    header->width = features.width;
    header->height = features.height;
    header->has_alpha = features.has_alpha;
    header->lossless = features.format == FORMAT_LOSSLESS;
    return status;
}

int webpshim_decode(
    const unsigned char *bytes,
    size_t count,
    webpshim_window window,
    unsigned char *pixels
) {
    struct configuration configuration;
    memset(&configuration, 0, sizeof configuration);
    // Status 2: a parameter that cannot be used, here the version.
    if (!webp.prepare(&configuration, DECODER_ABI)) return 2;
    configuration.options.use_cropping = 1;
    configuration.options.crop_left = window.left;
    configuration.options.crop_top = window.top;
    configuration.options.crop_width = window.width;
    configuration.options.crop_height = window.height;
    configuration.output.colour_space = MODE_RGB;
    configuration.output.is_external = 1;
    configuration.output.pixels.rgb.pixels = pixels;
    configuration.output.pixels.rgb.stride = window.width * 3;
    configuration.output.pixels.rgb.size = (size_t)window.width * 3 * (size_t)window.height;
    return webp.decode(bytes, count, &configuration);
}
