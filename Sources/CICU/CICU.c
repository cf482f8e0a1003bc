#include "CICU.h"

#include <stdlib.h>
#include <unicode/ubrk.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utext.h>

struct apus_icu_words {
  UBreakIterator *iterator;
  UText text;
};

struct apus_icu_words *apus_icu_words_open(void) {
  struct apus_icu_words *words = calloc(1, sizeof *words);
  if (!words) return NULL;
  UErrorCode status = U_ZERO_ERROR;
  words->iterator = ubrk_open(UBRK_WORD, "zh", NULL, 0, &status);
  words->text = (UText)UTEXT_INITIALIZER;
  if (U_SUCCESS(status)) return words;
  free(words);
  return NULL;
}

void apus_icu_words_close(struct apus_icu_words *words) {
  ubrk_close(words->iterator);
  utext_close(&words->text);
  free(words);
}

int32_t apus_icu_word_ends(
    struct apus_icu_words *words, const char *text, int32_t length, int32_t *ends) {
  UErrorCode status = U_ZERO_ERROR;
  utext_openUTF8(&words->text, text, length, &status);
  ubrk_setUText(words->iterator, &words->text, &status);
  if (U_FAILURE(status)) return -1;
  int32_t count = 0;
  for (int32_t end; (end = ubrk_next(words->iterator)) != UBRK_DONE;) ends[count++] = end;
  return count;
}

int32_t apus_icu_normalize(
    int32_t form, const char *text, int32_t length, char *result, int32_t capacity) {
  UErrorCode status = U_ZERO_ERROR;
  const UNormalizer2 *normalizer =
      form == APUS_ICU_NFKC ? unorm2_getNFKCInstance(&status) : unorm2_getNFCInstance(&status);
  // A byte of UTF-8 gives at most one unit of UTF-16, and one unit at most 18 of NFKC.
  int32_t room = 18 * length + 1, count = 0;
  UChar *units = malloc((size_t)(length + 1 + room) * sizeof(UChar));
  if (!units) return -1;
  u_strFromUTF8(units, length + 1, &count, text, length, &status);
  int32_t normal = unorm2_normalize(normalizer, units, count, units + length + 1, room, &status);
  int32_t bytes = 0;
  if (U_SUCCESS(status)) {
    u_strToUTF8(result, capacity, &bytes, units + length + 1, normal, &status);
    if (status == U_BUFFER_OVERFLOW_ERROR) status = U_ZERO_ERROR;
  }
  free(units);
  return U_SUCCESS(status) ? bytes : -1;
}
