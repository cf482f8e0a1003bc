// Dividing items among the parts of a job.

#pragma once

#include <stdint.h>

struct range {
  int64_t begin, end;
};

/// How many parts to make of a job: at most `threads` and `items`, fewer where it is small.
///
/// - Parameter cost: the whole job's work, in additions of a float.
int apus_part_count(int threads, int64_t items, double cost);

/// The items of one part: runs of nearly equal length in order.
struct range apus_range(int64_t items, int part, int parts);

/// The same with every boundary but the last a multiple of `block`.
struct range apus_range_of_blocks(int64_t items, int64_t block, int part, int parts);

/// Calls `body(context, range)` for the ranges that divide `items`, one a part.
void apus_parallel_ranges(
    int threads, int64_t items, double cost,
    void (*body)(const void *context, struct range items), const void *context);
