// The LSTM: dividing the batch among threads, memory for each, joining the weights' gradients.

#include "LSTM.h"

#include <string.h>

#include "KernelTable.h"

enum { WIDEST = 16 };  // floats a vector: scratch is enough for every instruction set

static int64_t round_up(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }

static int64_t largest(int64_t a, int64_t b) { return a > b ? a : b; }

bool apus_lstm_takes(apus_type operand_type) {
  if (operand_type == APUS_BFLOAT16) return kernels()->lstm_bfloat16 != NULL;
  return operand_type == APUS_FLOAT32;
}

static const struct lstm_kernels *kernels_for(const apus_lstm_shape *shape) {
  return shape->operand_type == APUS_BFLOAT16 ? kernels()->lstm_bfloat16 : kernels()->lstm;
}

/// The parts of the batch; each takes the packed weights through its own core's cache.
static int part_count(const apus_lstm_shape *shape, int threads) {
  double cost = (double)shape->batch * (double)shape->steps * (double)shape->units *
                (double)(shape->inputs + shape->units) * (double)shape->directions;
  return apus_part_count(threads, shape->batch, cost);
}

static int64_t rows_of_part(const apus_lstm_shape *shape, int parts) {
  return (shape->batch + parts - 1) / parts;
}

/// Gives out scratch in pieces that begin at cache lines; counts alone where there is none.
struct carver {
  char *base;
  size_t used;
};

static float *carve(struct carver *carver, int64_t floats) {
  float *piece = carver->base ? (float *)(carver->base + carver->used) : NULL;
  // A line between, so that pieces of a power of two do not share their places in the cache.
  carver->used += (size_t)round_up(floats, WIDEST) * sizeof(float) + 64;
  return piece;
}

// MARK: Forward

struct forward_plan {
  const struct lstm_kernels *kernels;
  int parts;
  struct lstm_forward_job shared[APUS_LSTM_DIRECTIONS];
  /// The scratch of the first part, and the bytes from one part to the next.
  char *own;
  size_t own_bytes;
};

static void carve_forward_weights(struct carver *carver, struct lstm_forward_job *job) {
  const apus_lstm_shape *s = job->shape;
  int64_t columns = 4 * round_up(s->units, WIDEST / 2);
  job->packed = carve(carver, columns * (s->inputs + s->units));
  job->packed_bias = carve(carver, columns);
}

static void carve_forward_rows(
    struct carver *carver, struct lstm_forward_job *job, int64_t rows) {
  const apus_lstm_shape *s = job->shape;
  int64_t units = round_up(s->units, WIDEST);
  for (int k = 0; k < 2; k++) job->inputs[k] = carve(carver, rows * (s->inputs + units));
  job->hidden = carve(carver, rows * units);
  job->cell = carve(carver, rows * units);
}

static size_t forward_row_bytes(const apus_lstm_shape *shape, int parts) {
  struct carver carver = {NULL, 0};
  struct lstm_forward_job job = {.shape = shape};
  carve_forward_rows(&carver, &job, rows_of_part(shape, parts));
  return carver.used;
}

size_t apus_lstm_forward_scratch_bytes(const apus_lstm_shape *shape, int threads) {
  struct carver carver = {NULL, 0};
  struct lstm_forward_job job = {.shape = shape};
  for (int64_t d = 0; d < shape->directions; d++) carve_forward_weights(&carver, &job);
  int parts = part_count(shape, threads);
  return carver.used + (size_t)parts * forward_row_bytes(shape, parts);
}

static void pack_forward_part(void *context, int part, int parts) {
  const struct forward_plan *plan = context;
  const apus_lstm_shape *shape = plan->shared[0].shape;
  struct range panels = apus_range(plan->kernels->forward_panels(shape), part, parts);
  for (int64_t d = 0; d < shape->directions; d++) {
    plan->kernels->pack_forward(&plan->shared[d], panels);
  }
}

static void forward_part(void *context, int part, int parts) {
  const struct forward_plan *plan = context;
  const apus_lstm_shape *shape = plan->shared[0].shape;
  for (int64_t d = 0; d < shape->directions; d++) {
    struct lstm_forward_job job = plan->shared[d];
    struct carver carver = {plan->own + (size_t)part * plan->own_bytes, 0};
    carve_forward_rows(&carver, &job, rows_of_part(shape, parts));
    plan->kernels->forward(&job, apus_range(shape->batch, part, parts));
  }
}

void apus_lstm_forward(
    const apus_lstm_shape *shape, const apus_lstm_forward_operands *operands, void *scratch,
    int threads) {
  if (shape->batch <= 0) return;
  struct carver carver = {scratch, 0};
  struct forward_plan plan = {
      .kernels = kernels_for(shape), .parts = part_count(shape, threads)};
  for (int64_t d = 0; d < shape->directions; d++) {
    plan.shared[d] = (struct lstm_forward_job){
        .shape = shape, .operands = operands, .direction = d};
    carve_forward_weights(&carver, &plan.shared[d]);
  }
  plan.own = (char *)scratch + carver.used;
  plan.own_bytes = forward_row_bytes(shape, plan.parts);
  apus_parallel(plan.parts, pack_forward_part, &plan);
  apus_parallel(plan.parts, forward_part, &plan);
}

// MARK: Backward

struct backward_plan {
  const struct lstm_kernels *kernels;
  int parts;
  struct lstm_backward_job shared[APUS_LSTM_DIRECTIONS];
  struct lstm_collection collections[APUS_LSTM_DIRECTIONS];
  char *own;
  size_t own_bytes;
};

/// Steps whose rows together fill a product's inner axis while they stay in the second cache.
static int64_t block_steps(const apus_lstm_shape *shape, int64_t rows) {
  const int64_t inner = 160;
  int64_t steps = largest(1, inner / largest(rows, 1));
  return steps < shape->steps ? steps : largest(1, shape->steps);
}

static void carve_backward_weights(
    struct carver *carver, struct lstm_backward_job *job, struct lstm_collection *collection,
    int parts) {
  const apus_lstm_shape *s = job->shape;
  int64_t columns = 4 * round_up(s->units, WIDEST / 2), panel = 2 * WIDEST;
  job->packed =
      carve(carver, columns * (round_up(s->units, panel) + round_up(s->inputs, panel)));
  collection->weight_stride = columns * (s->inputs + s->units) + WIDEST;
  collection->bias_stride = round_up(columns, WIDEST);
  collection->parts = parts;
  collection->weight_sums = carve(carver, parts * collection->weight_stride);
  collection->bias_sums = (double *)(void *)carve(carver, 2 * parts * collection->bias_stride);
}

static void carve_backward_rows(
    struct carver *carver, struct lstm_backward_job *job, int64_t rows) {
  const apus_lstm_shape *s = job->shape;
  int64_t units = round_up(s->units, WIDEST), even = rows + 1;
  job->block_steps = block_steps(s, rows);
  job->hidden = carve(carver, rows * round_up(s->units, 2 * WIDEST));
  job->cell = carve(carver, rows * units);
  job->inputs = carve(carver, job->block_steps * even * (s->inputs + s->units));
  job->gates = carve(carver, job->block_steps * even * 4 * units);
  job->gate_rows = carve(carver, even * 2 * units);
}

static size_t backward_row_bytes(const apus_lstm_shape *shape, int parts) {
  struct carver carver = {NULL, 0};
  struct lstm_backward_job job = {.shape = shape};
  carve_backward_rows(&carver, &job, rows_of_part(shape, parts));
  return carver.used;
}

size_t apus_lstm_backward_scratch_bytes(const apus_lstm_shape *shape, int threads) {
  struct carver carver = {NULL, 0};
  struct lstm_backward_job job = {.shape = shape};
  struct lstm_collection collection;
  int parts = part_count(shape, threads);
  for (int64_t d = 0; d < shape->directions; d++) {
    carve_backward_weights(&carver, &job, &collection, parts);
  }
  return carver.used + (size_t)parts * backward_row_bytes(shape, parts);
}

static void pack_backward_part(void *context, int part, int parts) {
  const struct backward_plan *plan = context;
  const apus_lstm_shape *shape = plan->shared[0].shape;
  struct range panels = apus_range(plan->kernels->backward_panels(shape), part, parts);
  for (int64_t d = 0; d < shape->directions; d++) {
    plan->kernels->pack_backward(&plan->shared[d], panels);
  }
}

static void backward_part(void *context, int part, int parts) {
  const struct backward_plan *plan = context;
  const apus_lstm_shape *shape = plan->shared[0].shape;
  for (int64_t d = 0; d < shape->directions; d++) {
    const struct lstm_collection *sums = &plan->collections[d];
    struct lstm_backward_job job = plan->shared[d];
    struct carver carver = {plan->own + (size_t)part * plan->own_bytes, 0};
    carve_backward_rows(&carver, &job, rows_of_part(shape, parts));
    job.weight_sums = (float *)sums->weight_sums + part * sums->weight_stride;
    job.bias_sums = (double *)sums->bias_sums + part * sums->bias_stride;
    plan->kernels->backward(&job, apus_range(shape->batch, part, parts));
  }
}

static void collect_part(void *context, int part, int parts) {
  const struct backward_plan *plan = context;
  const apus_lstm_shape *shape = plan->shared[0].shape;
  struct range rows = apus_range(shape->inputs + shape->units, part, parts);
  for (int64_t d = 0; d < shape->directions; d++) {
    plan->kernels->collect(&plan->collections[d], rows);
  }
}

/// The gradients of no sequences at all.
static void clear_gradients(
    const apus_lstm_shape *shape, const apus_lstm_backward_operands *operands) {
  size_t row = (size_t)shape->units * 4 * sizeof(float);
  for (int64_t d = 0; d < shape->directions; d++) {
    memset(operands->kernel_gradient[d], 0, (size_t)shape->inputs * row);
    memset(operands->recurrent_gradient[d], 0, (size_t)shape->units * row);
    memset(operands->bias_gradient[d], 0, row);
  }
}

void apus_lstm_backward(
    const apus_lstm_shape *shape, const apus_lstm_backward_operands *operands, void *scratch,
    int threads) {
  if (shape->batch <= 0) {
    clear_gradients(shape, operands);
    return;
  }
  struct carver carver = {scratch, 0};
  struct backward_plan plan = {
      .kernels = kernels_for(shape), .parts = part_count(shape, threads)};
  for (int64_t d = 0; d < shape->directions; d++) {
    plan.shared[d] = (struct lstm_backward_job){
        .shape = shape, .operands = operands, .direction = d};
    plan.collections[d] = (struct lstm_collection){
        .shape = shape, .kernel = operands->kernel_gradient[d],
        .recurrent = operands->recurrent_gradient[d], .bias = operands->bias_gradient[d]};
    carve_backward_weights(&carver, &plan.shared[d], &plan.collections[d], plan.parts);
  }
  plan.own = (char *)scratch + carver.used;
  plan.own_bytes = backward_row_bytes(shape, plan.parts);
  apus_parallel(plan.parts, pack_backward_part, &plan);
  apus_parallel(plan.parts, backward_part, &plan);
  apus_parallel(plan.parts, collect_part, &plan);
}
