#include "CPNG.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

struct apus_png {
  png_image image;
  int failed;
};

apus_png *apus_png_open(const void *bytes, size_t count) {
  apus_png *png = calloc(1, sizeof *png);
  if (png == NULL) return NULL;
  png->image.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_memory(&png->image, bytes, count)) png->failed = 1;
  // Without a gamma libpng takes 16 bits a channel to be linear light, and would brighten them.
  png->image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  return png;
}

const char *apus_png_failure(const apus_png *png) {
  return png->failed ? png->image.message : NULL;
}

uint32_t apus_png_width(const apus_png *png) { return png->image.width; }
uint32_t apus_png_height(const apus_png *png) { return png->image.height; }

static png_uint_32 format_of(int channels) {
  switch (channels) {
    case 1: return PNG_FORMAT_GRAY;
    case 3: return PNG_FORMAT_RGB;
    default: return PNG_FORMAT_RGBA;
  }
}

int apus_png_channels(const apus_png *png) {
  if (png->image.format & PNG_FORMAT_FLAG_ALPHA) return 4;
  return png->image.format & PNG_FORMAT_FLAG_COLOR ? 3 : 1;
}

int apus_png_decode(apus_png *png, void *pixels) {
  png->image.format = format_of(apus_png_channels(png));
  if (png_image_finish_read(&png->image, NULL, pixels, 0, NULL)) return 1;
  png->failed = 1;
  return 0;
}

void apus_png_free(apus_png *png) {
  png_image_free(&png->image);
  free(png);
}

int apus_png_encode(const void *pixels, uint32_t width, uint32_t height, int channels, void *bytes,
                    size_t *count, char message[64]) {
  png_image image;
  memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = format_of(channels);
  png_alloc_size_t size = *count;
  int written = png_image_write_to_memory(&image, bytes, &size, 0, pixels, 0, NULL);
  *count = size;
  memcpy(message, image.message, sizeof image.message);
  png_image_free(&image);
  return written;
}
