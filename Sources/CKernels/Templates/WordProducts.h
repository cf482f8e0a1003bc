// Products of many rows with a few queries, for the nearest neighbours of words.

#pragma once

#include "WordBlock.h"

INLINE void products_of_rows(
    const float *rows, int64_t count, int64_t width, const float *const *queries, int T,
    float *products) {
  enum { group = 64 };
  const float *pointers[group];
  for (int64_t begin = 0; begin < count; begin += group) {
    int64_t n = count - begin < group ? count - begin : group;
    for (int64_t r = 0; r < n; r++) pointers[r] = rows + (begin + r) * width;
    block_products(pointers, n, queries, width, T, products + begin * T);
  }
}

static void word_products(
    const float *rows, int64_t count, int64_t width, const float *queries, int queries_count,
    float *products) {
  const float *pointers[WORD_TARGETS];
  for (int q = 0; q < queries_count; q++) pointers[q] = queries + q * width;
  switch (queries_count) {
    case 1: products_of_rows(rows, count, width, pointers, 1, products); break;
    case 2: products_of_rows(rows, count, width, pointers, 2, products); break;
    case 3: products_of_rows(rows, count, width, pointers, 3, products); break;
    case 4: products_of_rows(rows, count, width, pointers, 4, products); break;
    case 5: products_of_rows(rows, count, width, pointers, 5, products); break;
    case 6: products_of_rows(rows, count, width, pointers, 6, products); break;
    case 7: products_of_rows(rows, count, width, pointers, 7, products); break;
    case 8: products_of_rows(rows, count, width, pointers, 8, products); break;
    default: break;
  }
}
