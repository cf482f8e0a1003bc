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

/// The products with one query: row by row, in the order of memory, for that is what bounds it.
INLINE void products_of_one(
    const float *rows, int64_t count, int64_t width, const float *query, float *products) {
  for (int64_t begin = 0; begin < count; begin += W) {
    int n = count - begin < W ? (int)(count - begin) : W;
    vf sums[W];
    for (int r = 0; r < n; r++) {
      const float *row = rows + (begin + r) * width;
      vf sum = splat(0);
      for (int64_t c = 0; c < width; c += W) sum = fused(load(row + c), load(query + c), sum);
      sums[r] = sum;
    }
    for (int r = n; r < W; r++) sums[r] = splat(0);
    store(products + begin, sums_of_vectors(sums, W));
  }
}

static void word_products(
    const float *rows, int64_t count, int64_t width, const float *queries, int queries_count,
    float *products) {
  const float *pointers[WORD_TARGETS];
  for (int q = 0; q < queries_count; q++) pointers[q] = queries + q * width;
  switch (queries_count) {
    case 1: products_of_one(rows, count, width, queries, products); break;
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
