// Fused products: dividing the rows among threads, packing the filter, merging what parts summed.

#include "ClippedDepthwise.h"
#include "FusedProduct.h"

#include <string.h>

#include "KernelTable.h"

/// Channels padded to the widest panel of any instruction set.
static int64_t pad(int64_t channels) { return (channels + 63) / 64 * 64; }

/// `bytes / each` rows within the bounds, a multiple of the rows of every tile.
static int64_t rows_within(int64_t bytes, int64_t each, int64_t least, int64_t most) {
  int64_t rows = bytes / each / 12 * 12;
  return rows < least ? least : rows > most ? most : rows;
}

// A third of a megabyte for the block leaves room for the filter's panels in an L2 cache of one
// megabyte; the backward pass, which reads its blocks twice, takes half of it.

/// Few rows are one block for every part: the parts divide the columns, so that none packs or sums
/// what another does.
static bool divides_columns(const apus_fused_product *product) {
  return product->rows <= 192 && product->inner >= 128 && product->columns >= 128;
}

int64_t fused_forward_rows(const apus_fused_product *product) {
  if (divides_columns(product)) return 192;
  int64_t size = product->bfloat16 ? 2 : 4;
  return rows_within(327680, size * product->inner, 24, 192);
}

int64_t fused_backward_rows(const apus_fused_product *product) {
  int64_t inner = product->inner, columns = product->columns;
  if (divides_columns(product)) return 192;
  if (product->bfloat16) return rows_within(786432, 2 * (inner + 2 * columns), 48, 384);
  return rows_within(524288, 4 * (inner + columns), 48, 192);
}

static bool takes_bfloat16(const apus_fused_product *product) {
  return product->bfloat16 && apus_fused_product_has_bfloat16();
}

bool apus_fused_product_has_bfloat16(void) { return kernels()->product_bfloat16 != NULL; }

static const struct product_loops *loops_for(const apus_fused_product *product) {
  return takes_bfloat16(product) ? kernels()->product_bfloat16 : kernels()->product;
}

/// The same without the wish for bfloat16 where it is not met.
static apus_fused_product resolved(const apus_fused_product *product) {
  apus_fused_product result = *product;
  result.bfloat16 = takes_bfloat16(product);
  return result;
}

// Scratch: the filter's panels, then for each part its sums, its blocks and its own gradient of
// the filter.

struct workspace {
  const apus_fused_product *product;
  float *panels;
  char *parts;
  size_t sum_bytes, block_bytes, part_bytes;
};

static size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

static int64_t widest(const apus_fused_product *product) {
  return product->inner > product->columns ? product->inner : product->columns;
}

static size_t panel_bytes(const apus_fused_product *product) {
  // Of pairs there are up to 16 more, zeros.
  int64_t forward = pad(product->columns) * (product->inner + 16);
  int64_t backward = pad(product->inner) * (product->columns + 16);
  return aligned((size_t)(forward > backward ? forward : backward) * sizeof(float));
}

static struct workspace lay_out(const apus_fused_product *product, void *scratch) {
  struct workspace space = {.product = product, .panels = scratch};
  if (scratch) space.parts = (char *)scratch + panel_bytes(product);
  space.sum_bytes = part_sums_bytes(widest(product));
  space.block_bytes = aligned(loops_for(product)->block_floats(product) * sizeof(float));
  size_t filter = aligned((size_t)(product->inner * product->columns) * sizeof(float));
  space.part_bytes = space.sum_bytes + space.block_bytes + filter;
  return space;
}

size_t apus_fused_product_scratch_bytes(const apus_fused_product *product, int threads) {
  apus_fused_product plain = resolved(product);
  size_t parts = threads > 1 ? (size_t)threads : 1;
  return panel_bytes(&plain) + parts * lay_out(&plain, NULL).part_bytes;
}

static struct part_sums sums_of(const struct workspace *space, int part) {
  return part_sums_at(space->parts + (size_t)part * space->part_bytes, widest(space->product));
}

static float *blocks_of(const struct workspace *space, int part) {
  char *start = space->parts + (size_t)part * space->part_bytes;
  return (float *)(void *)(start + space->sum_bytes);
}

static float *filter_of(const struct workspace *space, int part) {
  return (float *)(void *)((char *)blocks_of(space, part) + space->block_bytes);
}

static int parts_for(const apus_fused_product *product, int threads) {
  double cost = (double)product->rows * (double)product->inner * (double)product->columns / 8;
  int64_t width = loops_for(product)->panel_width;
  int64_t least = product->inner < product->columns ? product->inner : product->columns;
  int64_t items = divides_columns(product) ? (least + width - 1) / width : product->rows;
  return apus_part_count(threads, items, cost);
}

static struct product_share share_of(const apus_fused_product *product, int part, int parts) {
  struct product_share share = {
      {0, product->rows}, {0, product->columns}, {0, product->inner}};
  if (divides_columns(product)) {
    int64_t width = loops_for(product)->panel_width;
    share.columns = apus_range_of_blocks(product->columns, width, part, parts);
    share.inner = apus_range_of_blocks(product->inner, width, part, parts);
  } else {
    share.rows = apus_range(product->rows, part, parts);
  }
  return share;
}

// Packing.

struct pack_job {
  const apus_fused_product *product;
  const float *filter;
  bool transposes;
  void *packed;
};

static void pack_panels(const void *context, struct range panels) {
  const struct pack_job *job = context;
  const apus_fused_product *product = job->product;
  loops_for(product)->pack(
      job->filter, product->inner, product->columns, job->transposes, panels, job->packed);
}

static const void *pack(
    const apus_fused_product *product, const float *filter, bool transposes,
    const struct workspace *space, int threads) {
  struct pack_job job = {product, filter, transposes, space->panels};
  int64_t columns = transposes ? product->inner : product->columns;
  int64_t width = loops_for(product)->panel_width;
  double cost = (double)product->inner * (double)product->columns / 4;
  apus_parallel_ranges(threads, (columns + width - 1) / width, cost, pack_panels, &job);
  return space->panels;
}

// Forward.

struct forward_job {
  struct fused_forward forward;
  const struct workspace *space;
};

static void forward_part(void *context, int part, int parts) {
  const struct forward_job *job = context;
  const apus_fused_product *product = job->forward.product;
  struct part_sums sums = sums_of(job->space, part);
  if (job->forward.sums) memset(sums.first_total, 0, job->space->sum_bytes);
  loops_for(product)->forward(
      &job->forward, share_of(product, part, parts), sums, blocks_of(job->space, part));
}

/// The moments over all parts.
static void merge_moments(
    const struct workspace *space, int parts, float *mean, float *variance) {
  for (int64_t c = 0; c < space->product->columns; c++) {
    struct moments moments = {0};
    for (int part = 0; part < parts; part++) {
      struct product_share share = share_of(space->product, part, parts);
      if (c < share.columns.begin || c >= share.columns.end) continue;
      merge_part(&moments, sums_of(space, part), c, (double)(share.rows.end - share.rows.begin));
    }
    mean[c] = (float)moments.mean;
    variance[c] = variance_of(&moments);
  }
}

/// Computes `y` in parts, whose number it returns.
static int run_forward(
    struct fused_forward forward, const struct workspace *space, int threads) {
  const apus_fused_product *product = forward.product;
  if (!divides_columns(product)) {
    forward.panels = pack(product, forward.filter, false, space, threads);
  }
  forward.streams = streams_past_caches(forward.y, product->rows, product->columns);
  struct forward_job job = {forward, space};
  int parts = parts_for(product, threads);
  apus_parallel(parts, forward_part, &job);
  return parts;
}

void apus_fused_product_forward(
    const apus_fused_product *product, const float *x, const float *scale, const float *shift,
    const float *filter, float *y, float *mean, float *variance, void *scratch, int threads) {
  if (product->rows <= 0) return;
  apus_fused_product plain = resolved(product);
  struct workspace space = lay_out(&plain, scratch);
  struct fused_forward forward = {
      .product = &plain, .x = x, .scale = scale, .shift = shift, .filter = filter, .y = y,
      .sums = mean != NULL};
  int parts = run_forward(forward, &space, threads);
  if (mean && variance) merge_moments(&space, parts, mean, variance);
}

bool apus_biased_product_is_fast(const apus_fused_product *product) {
#if defined(__x86_64__)
  if (kernels() != &apus_kernels_avx2) return false;
  bool is_narrow = product->rows >= 1024 && product->inner * product->columns <= 128 * 128;
  return is_narrow || (product->rows >= 128 && divides_columns(product));
#else
  return false;
#endif
}

/// As `lay_out`, without the parts' gradients.
static struct workspace lay_out_forward(const apus_fused_product *product, void *scratch) {
  struct workspace space = lay_out(product, scratch);
  space.part_bytes = space.sum_bytes + space.block_bytes;
  return space;
}

size_t apus_biased_product_scratch_bytes(const apus_fused_product *product, int threads) {
  size_t parts = threads > 1 ? (size_t)threads : 1;
  return panel_bytes(product) + parts * lay_out_forward(product, NULL).part_bytes;
}

void apus_biased_product(
    const apus_fused_product *product, const float *x, const float *filter, const float *bias,
    float low, float high, float *y, void *scratch, int threads) {
  if (product->rows <= 0) return;
  struct workspace space = lay_out_forward(product, scratch);
  struct fused_forward forward = {
      .product = product, .x = x, .filter = filter, .y = y, .bias = bias, .low = low,
      .high = high};
  run_forward(forward, &space, threads);
}

// Separable convolutions: the depthwise part computes a block of rows as the product takes them, in panels; while these
// are multiplied, what the next block reads is asked for.

struct separable_job {
  struct fused_forward product;
  struct clipped_depthwise depthwise;
  float *blocks;
  int64_t block_floats;
  /// Output rows of pictures in a block.
  int64_t lines;
};

/// Output rows of pictures whose pixels make a block, whole tiles of them where there are several.
static int64_t separable_lines(const apus_separable *job) {
  int64_t width = apus_depthwise_output_width(&job->depthwise.shape);
  int64_t lines = fused_forward_rows(&job->product) / width;
  if (lines > 6) lines -= lines % 6;
  return lines > 1 ? lines : 1;
}

/// So much of the depthwise result stays in the caches.
enum { SEPARABLE_BYTES = 512 << 10 };

static size_t separable_bytes(const apus_separable *job) {
  int64_t width = apus_depthwise_output_width(&job->depthwise.shape);
  int64_t rows = (separable_lines(job) * width + 11) / 12 * 12;  // of whole tiles
  return aligned((size_t)(rows * pad(job->product.inner)) * sizeof(float));
}

bool apus_separable_is_fast(const apus_separable *job) {
#if defined(__x86_64__)
  const apus_fused_product *product = &job->product;
  const apus_depthwise_shape *shape = &job->depthwise.shape;
  bool isSmall = product->inner > 0 && product->inner <= 256 && product->columns <= 256;
  return kernels() == &apus_kernels_avx2 && apus_clipped_depthwise_accepts(&job->depthwise) &&
         shape->width >= (shape->stride_width == 1 ? 7 : 14) && isSmall && product->rows >= 1024 &&
         (int64_t)separable_bytes(job) <= SEPARABLE_BYTES;
#else
  return false;
#endif
}

size_t apus_separable_scratch_bytes(const apus_separable *job, int threads) {
  size_t parts = threads > 1 ? (size_t)threads : 1;
  return panel_bytes(&job->product) + parts * separable_bytes(job);
}

/// The first input row, of those of all pictures, below the ones that output row `line` reads.
static int64_t row_below(const struct clipped_depthwise *depthwise, int64_t line) {
  const apus_depthwise_shape *s = &depthwise->job.shape;
  int64_t picture = line / depthwise->output_height, row = line % depthwise->output_height;
  int64_t below = row * s->stride_height - s->pad_top + 3;
  return picture * s->height + (below < s->height ? below : s->height);
}

/// What the output rows `lines` read that the one before them does not.
static struct read_next rows_ahead(const struct clipped_depthwise *depthwise, struct range lines) {
  if (lines.begin >= lines.end) return (struct read_next){0};
  const apus_depthwise_shape *s = &depthwise->job.shape;
  int64_t begin = row_below(depthwise, lines.begin - 1), end = row_below(depthwise, lines.end - 1);
  int64_t row = s->width * s->channels;
  return (struct read_next){(const float *)depthwise->input + begin * row, (end - begin) * row};
}

/// A block of lines.
static struct range lines_from(const struct separable_job *job, int64_t begin, struct range all) {
  return (struct range){begin, begin + job->lines < all.end ? begin + job->lines : all.end};
}

static void separable_part(void *context, int part, int parts) {
  const struct separable_job *job = context;
  const apus_fused_product *product = job->product.product;
  struct range all = apus_range(product->rows / job->depthwise.output_width, part, parts);
  for (int64_t begin = all.begin; begin < all.end; begin += job->lines) {
    struct range lines = lines_from(job, begin, all);
    struct read_next ahead = rows_ahead(&job->depthwise, lines_from(job, lines.end, all));
    loops_for(product)->separable(
        &job->product, &job->depthwise, lines, ahead, job->blocks + part * job->block_floats);
  }
}

void apus_separable_forward(
    const apus_separable *job, const float *x, const float *depthwise_filter,
    const float *depthwise_bias, const float *filter, const float *bias, float *y, void *scratch,
    int threads) {
  const apus_fused_product *product = &job->product;
  if (product->rows <= 0) return;
  const apus_depthwise_shape *shape = &job->depthwise.shape;
  struct workspace space = {.product = product, .panels = scratch};
  struct separable_job call = {
      .product = {.product = product, .filter = filter, .y = y, .bias = bias, .low = job->low,
                  .high = job->high},
      .depthwise = {job->depthwise, apus_depthwise_output_height(shape),
                    apus_depthwise_output_width(shape), x, depthwise_filter, depthwise_bias, NULL,
                    0, 0, false},
      .blocks = (float *)(void *)((char *)scratch + panel_bytes(product)),
      .block_floats = (int64_t)(separable_bytes(job) / sizeof(float)),
      .lines = separable_lines(job)};
  call.product.panels = pack(product, filter, false, &space, threads);
  call.product.streams = streams_past_caches(y, product->rows, product->columns);
  int64_t lines = shape->batch * call.depthwise.output_height;
  double numbers = (double)product->rows * (double)product->inner;
  double cost = numbers * (9 + (double)product->columns / 8);
  apus_parallel(apus_part_count(threads, lines, cost), separable_part, &call);
}

// Backward.

struct backward_job {
  struct fused_backward backward;
  const struct workspace *space;
  float *dfilter;
};

static void backward_part(void *context, int part, int parts) {
  const struct backward_job *job = context;
  const apus_fused_product *product = job->backward.product;
  struct part_sums sums = sums_of(job->space, part);
  memset(sums.first_total, 0, job->space->sum_bytes);
  bool isShared = part == 0 || divides_columns(product);
  float *dfilter = isShared ? job->dfilter : filter_of(job->space, part);
  loops_for(product)->backward(
      &job->backward, share_of(product, part, parts), sums, dfilter,
      blocks_of(job->space, part));
}

struct reduce_job {
  const struct workspace *space;
  float *dfilter;
  int parts;
};

/// Adds the gradients of the other parts to the first's.
static void reduce_filters(const void *context, struct range elements) {
  const struct reduce_job *job = context;
  for (int part = 1; part < job->parts; part++) {
    kernels()->add_run(
        job->dfilter + elements.begin, filter_of(job->space, part) + elements.begin,
        elements.end - elements.begin);
  }
}

void apus_fused_product_backward(
    const apus_fused_product *product, const apus_fused_gradient *operands, float *dfilter,
    float *dx, float *sum, float *product_sum, void *scratch, int threads) {
  if (product->rows <= 0) return;
  apus_fused_product plain = resolved(product);
  struct workspace space = lay_out(&plain, scratch);
  const void *panels = NULL;
  if (dx && !divides_columns(&plain)) {
    panels = pack(&plain, operands->filter, true, &space, threads);
  }
  bool streams = streams_past_caches(dx, plain.rows, plain.inner);
  struct backward_job job = {{&plain, operands, panels, dx, streams}, &space, dfilter};
  int parts = parts_for(&plain, threads);
  apus_parallel(parts, backward_part, &job);
  struct reduce_job reduce = {&space, dfilter, parts};
  int64_t elements = plain.inner * plain.columns;
  if (parts > 1 && !divides_columns(&plain)) {
    apus_parallel_ranges(threads, elements, (double)elements, reduce_filters, &reduce);
  }
  for (int64_t c = 0; sum && product_sum && c < plain.inner; c++) {
    double first = 0, second = 0;
    for (int part = 0; part < parts; part++) {
      first += sums_of(&space, part).first_total[c];
      second += sums_of(&space, part).second_total[c];
    }
    sum[c] = (float)first;
    product_sum[c] = (float)second;
  }
}
