#include "CGIF.h"

#include <gif_lib.h>
#include <stdlib.h>
#include <string.h>

/// Bytes of a file that grows.
struct file {
  uint8_t *bytes;
  size_t count, room;
};

static int append(GifFileType *gif, const GifByteType *bytes, int count) {
  struct file *file = gif->UserData;
  if (count <= 0) return count;
  size_t needed = file->count + (size_t)count;
  if (needed > file->room) {
    size_t room = needed > file->room * 2 ? needed + 65536 : file->room * 2;
    uint8_t *grown = realloc(file->bytes, room);
    if (grown == NULL) return 0;
    file->bytes = grown;
    file->room = room;
  }
  memcpy(file->bytes + file->count, bytes, (size_t)count);
  file->count = needed;
  return count;
}

/// Says that the animation begins anew after its last picture, without end.
static int put_loop(GifFileType *gif) {
  static const uint8_t forever[] = {1, 0, 0};
  return EGifPutExtensionLeader(gif, APPLICATION_EXT_FUNC_CODE) == GIF_OK &&
         EGifPutExtensionBlock(gif, 11, "NETSCAPE2.0") == GIF_OK &&
         EGifPutExtensionBlock(gif, sizeof forever, forever) == GIF_OK &&
         EGifPutExtensionTrailer(gif) == GIF_OK;
}

static int put_picture(GifFileType *gif, const uint8_t *pixels, int height, int width, int delay) {
  GraphicsControlBlock control = {
      .DisposalMode = DISPOSE_DO_NOT, .DelayTime = delay, .TransparentColor = NO_TRANSPARENT_COLOR};
  GifByteType extension[4];
  EGifGCBToExtension(&control, extension);
  if (EGifPutExtension(gif, GRAPHICS_EXT_FUNC_CODE, sizeof extension, extension) != GIF_OK ||
      EGifPutImageDesc(gif, 0, 0, width, height, 0, NULL) != GIF_OK)
    return 0;
  for (int row = 0; row < height; row++) {
    // giflib masks the pixels that it is given in place.
    GifPixelType *line = (GifPixelType *)(uintptr_t)(pixels + (size_t)row * width);
    if (EGifPutLine(gif, line, width) != GIF_OK) return 0;
  }
  return 1;
}

static int put_all(GifFileType *gif, const uint8_t *pixels, int count, int height, int width,
                   const uint16_t *delays) {
  GifColorType greys[256];
  for (int value = 0; value < 256; value++)
    greys[value] = (GifColorType){(GifByteType)value, (GifByteType)value, (GifByteType)value};
  ColorMapObject *map = GifMakeMapObject(256, greys);
  if (map == NULL) {
    gif->Error = E_GIF_ERR_NOT_ENOUGH_MEM;
    return 0;
  }
  EGifSetGifVersion(gif, 1);
  int done = EGifPutScreenDesc(gif, width, height, 8, 0, map) == GIF_OK && put_loop(gif);
  for (int index = 0; done && index < count; index++)
    done = put_picture(gif, pixels + (size_t)index * height * width, height, width, delays[index]);
  GifFreeMapObject(map);
  return done;
}

uint8_t *apus_gif_encode(const uint8_t *pixels, int count, int height, int width,
                         const uint16_t *delays, size_t *size, const char **failure) {
  struct file file = {0};
  int error = E_GIF_ERR_OPEN_FAILED;
  GifFileType *gif = EGifOpen(&file, append, &error);
  int done = gif != NULL && put_all(gif, pixels, count, height, width, delays);
  if (gif != NULL) {
    if (!done) error = gif->Error;
    int closing = 0;
    if (EGifCloseFile(gif, &closing) != GIF_OK && done) {
      done = 0;
      error = closing;
    }
  }
  if (done) {
    *size = file.count;
    return file.bytes;
  }
  const char *reason = GifErrorString(error);
  *failure = reason != NULL ? reason : "giflib gave no reason";
  free(file.bytes);
  return NULL;
}

void apus_gif_free(uint8_t *bytes) { free(bytes); }
