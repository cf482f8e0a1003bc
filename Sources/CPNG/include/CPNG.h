#pragma once

#include <stddef.h>
#include <stdint.h>

/// A PNG being read or written through libpng's simplified interface, which catches its own errors.
typedef struct apus_png apus_png;

/// Reads the header of a PNG in memory; the bytes must stay until `apus_png_free`. Null without memory.
apus_png *apus_png_open(const void *bytes, size_t count);

/// What libpng said was wrong; null while nothing is.
const char *apus_png_failure(const apus_png *png);

uint32_t apus_png_width(const apus_png *png);
uint32_t apus_png_height(const apus_png *png);

/// 1 for grey, 3 for colour, 4 for anything with transparency.
int apus_png_channels(const apus_png *png);

/// Decodes into `width * height * channels` bytes, row by row, top first. 0 on failure.
int apus_png_decode(apus_png *png, void *pixels);

void apus_png_free(apus_png *png);

/// Encodes 8-bit pixels of 1, 3 or 4 channels. On entry `*count` is the room at `bytes`; on return the bytes
/// needed. With null `bytes` only the size is found. 0 on failure, with the reason in `message`.
int apus_png_encode(const void *pixels, uint32_t width, uint32_t height, int channels, void *bytes,
                    size_t *count, char message[64]);
