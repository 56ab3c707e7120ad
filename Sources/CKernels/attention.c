// Row parts of attention: causal softmax and its backward for whole sequences, and one token over a cache.
#include "lanes.h"

// Rows of scores are read and written in whole vectors: `stride` is a multiple of sixteen, and what lies between a row's
// last column and the next row is anybody's.

/// Σ exp(scale·x − shift) over a row, where x holds the scores before and the exponentials after, then zeros to the end
/// of its last vector.
INLINE float exponentials(float *x, int64_t count, float scale, float shift) {
  lanes sum = splat(0);
  for (int64_t i = 0; i < count; i += LANES) {
    lanes e = first_of(exp_lanes(load(x + i) * scale - shift), count - i, 0);
    store(x + i, e);
    sum += e;
  }
  return sum_lanes(sum);
}

INLINE float largest(const float *x, int64_t count) {
  lanes top = splat(-INFINITY);
  for (int64_t i = 0; i < count; i += LANES) top = max2(top, first_of(load(x + i), count - i, -INFINITY));
  return max_lanes(top);
}

/// Zeros from the vector after the last that holds any of the first `seen` columns.
INLINE void clear_rest(float *x, int64_t seen, int64_t columns) {
  for (int64_t i = (seen + LANES - 1) / LANES * LANES; i < columns; i += LANES) store(x + i, splat(0));
}

INLINE float softmax_row(float *x, int64_t seen, float scale) {
  float shift = largest(x, seen) * scale;
  float sum = exponentials(x, seen, scale, shift);
  float inverse = 1.0f / sum;
  for (int64_t i = 0; i < seen; i += LANES) store(x + i, load(x + i) * inverse);
  return shift + logf(sum);
}

KERNEL(opsd_causal_softmax,
       (float *scores, int64_t stride, int64_t rows, int64_t columns, int64_t first, float scale, float *logSum,
        int64_t step),
       (scores, stride, rows, columns, first, scale, logSum, step)) {
  for (int64_t r = 0; r < rows; r++, scores += stride) {
    int64_t seen = first + r + 1 < columns ? first + r + 1 : columns;
    logSum[r * step] = softmax_row(scores, seen, scale);
    clear_rest(scores, seen, columns);
  }
}

KERNEL(opsd_softmax_rows,
       (float *scores, int64_t stride, int64_t rows, int64_t columns, float scale),
       (scores, stride, rows, columns, scale)) {
  for (int64_t r = 0; r < rows; r++) softmax_row(scores + r * stride, columns, scale);
}

KERNEL(opsd_causal_probabilities,
       (float *scores, int64_t stride, int64_t rows, int64_t columns, int64_t first, float scale, const float
        *logSum, int64_t step),
       (scores, stride, rows, columns, first, scale, logSum, step)) {
  for (int64_t r = 0; r < rows; r++, scores += stride) {
    int64_t seen = first + r + 1 < columns ? first + r + 1 : columns;
    exponentials(scores, seen, scale, logSum[r * step]);
    clear_rest(scores, seen, columns);
  }
}

KERNEL(opsd_softmax_backward,
       (const float *probabilities, float *gradient, int64_t stride, int64_t rows, int64_t columns, float scale),
       (probabilities, gradient, stride, rows, columns, scale)) {
  for (int64_t r = 0; r < rows; r++, probabilities += stride, gradient += stride) {
    lanes sum = splat(0);
    for (int64_t i = 0; i < columns; i += LANES)
      sum += first_of(load(probabilities + i) * load(gradient + i), columns - i, 0);
    float mean = sum_lanes(sum);
    for (int64_t i = 0; i < columns; i += LANES)
      store(gradient + i, scale * load(probabilities + i) * (load(gradient + i) - mean));
  }
}

// The probabilities are weighed with the values once they are normalised, as in training, so that both give one result.
void opsd_attend(const float *q, const float *keys, const float *values, float *out, float *scratch,
                 int64_t keyValueHeads, int64_t group, int64_t width, int64_t count, int64_t capacity, float scale) {
  int64_t keySize = width * capacity, valueSize = (width + LANES - 1) / LANES * LANES * capacity;
  int64_t span = group * width, panel = LANES * width;
  for (int64_t h = 0, heads; h < keyValueHeads; h += heads) {
    heads = h + 2 <= keyValueHeads ? 2 : 1;
    const float *k = keys + h * keySize, *v = values + h * valueSize;
    float *p = scratch;
    opsd_small_products(heads, q + h * span, width, span, k, panel, keySize, p, capacity, group * capacity, group,
                        count, width);
    opsd_softmax_rows(p, capacity, heads * group, count, scale);
    opsd_small_products(heads, p, capacity, group * capacity, v, LANES * capacity, valueSize, out + h * span, width,
                        span, group, width, count);
  }
}

void opsd_remember(const float *key, const float *value, float *keys, float *values, int64_t keyValueHeads,
                   int64_t width, int64_t position, int64_t capacity) {
  float *column = keys + position / LANES * LANES * width + position % LANES;
  float *row = values + position * LANES;
  for (int64_t h = 0; h < keyValueHeads; h++) {
    for (int64_t i = 0; i < width; i++) column[i * LANES] = key[i];
    for (int64_t i = 0; i < width; i += LANES)
      memcpy(row + i * capacity, value + i, sizeof(float) * (size_t)(width - i < LANES ? width - i : LANES));
    column += width * capacity;
    row += (width + LANES - 1) / LANES * LANES * capacity;
    key += width;
    value += width;
  }
}
