// Words and normal forms of Unicode text, by ICU.
//
// ICU's functions carry its version in their names through macros, which Swift cannot call.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

struct apus_icu_words;

/// A divider of text into words by the rules of Unicode and ICU's dictionaries; null where ICU's
/// data is missing.
struct apus_icu_words *_Nullable apus_icu_words_open(void);

void apus_icu_words_close(struct apus_icu_words *words);

/// Writes the offset in bytes of the end of each word of `text`, UTF-8, to `ends`, room for
/// `length`; gives how many, −1 where ICU fails.
int32_t apus_icu_word_ends(
    struct apus_icu_words *words, const char *text, int32_t length, int32_t *ends);

enum apus_icu_form { APUS_ICU_NFC = 0, APUS_ICU_NFKC = 1 };

/// Writes the normal form of `text`, UTF-8, to `result`, room for `capacity` bytes; gives its
/// length, which may be beyond `capacity`, and −1 where ICU fails.
int32_t apus_icu_normalize(
    int32_t form, const char *text, int32_t length, char *result, int32_t capacity);

#pragma clang assume_nonnull end
