#pragma once

#include <stddef.h>
#include <stdint.h>

/// Encodes an animation of grey pictures that begins anew after its last one.
///
/// `pixels` are `count` pictures of `height` rows of `width` bytes; `delays` say how long each is shown, in
/// hundredths of a second. Gives the bytes of the file, to be given to `apus_gif_free`, and their number; null where
/// it fails, with giflib's reason in `failure`.
uint8_t *apus_gif_encode(const uint8_t *pixels, int count, int height, int width,
                         const uint16_t *delays, size_t *size, const char **failure);

void apus_gif_free(uint8_t *bytes);
