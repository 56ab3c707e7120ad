// Row parts of attention: causal softmax and its backward for whole sequences, and one token over a cache.
#include "lanes.h"

/// Σ exp(scale·x − top) over a row, where x holds the values before and the exponentials after.
INLINE float exponentials(float *x, int64_t count, float scale, float shift) {
  lanes sum = splat(0);
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    lanes e = exp_lanes(load(x + i) * scale - shift);
    store(x + i, e);
    sum += e;
  }
  if (i < count) {
    lanes e = exp_lanes(load_some(x + i, count - i, 0) * scale - shift);
    store_some(x + i, e, count - i);
    for (int64_t j = count - i; j < LANES; j++) e[j] = 0;
    sum += e;
  }
  return sum_lanes(sum);
}

INLINE float largest(const float *x, int64_t count) {
  lanes top = splat(-INFINITY);
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) top = max2(top, load(x + i));
  if (i < count) top = max2(top, load_some(x + i, count - i, -INFINITY));
  return max_lanes(top);
}

KERNEL(opsd_causal_softmax,
       (float *scores, int64_t stride, int64_t rows, int64_t columns, int64_t first, float scale, float *logSum,
        int64_t step),
       (scores, stride, rows, columns, first, scale, logSum, step)) {
  for (int64_t r = 0; r < rows; r++, scores += stride) {
    int64_t seen = first + r + 1 < columns ? first + r + 1 : columns;
    float shift = largest(scores, seen) * scale;
    float sum = exponentials(scores, seen, scale, shift);
    float inverse = 1.0f / sum;
    for (int64_t i = 0; i < seen; i++) scores[i] *= inverse;
    for (int64_t i = seen; i < columns; i++) scores[i] = 0;
    logSum[r * step] = shift + logf(sum);
  }
}

KERNEL(opsd_causal_probabilities,
       (float *scores, int64_t stride, int64_t rows, int64_t columns, int64_t first, float scale, const float
        *logSum, int64_t step),
       (scores, stride, rows, columns, first, scale, logSum, step)) {
  for (int64_t r = 0; r < rows; r++, scores += stride) {
    int64_t seen = first + r + 1 < columns ? first + r + 1 : columns;
    exponentials(scores, seen, scale, logSum[r * step]);
    for (int64_t i = seen; i < columns; i++) scores[i] = 0;
  }
}

KERNEL(opsd_softmax_backward,
       (const float *probabilities, float *gradient, int64_t stride, int64_t rows, int64_t columns, float scale),
       (probabilities, gradient, stride, rows, columns, scale)) {
  for (int64_t r = 0; r < rows; r++, probabilities += stride, gradient += stride) {
    lanes sum = splat(0);
    int64_t i = 0;
    for (; i + LANES <= columns; i += LANES) sum += load(probabilities + i) * load(gradient + i);
    float mean = sum_lanes(sum);
    for (; i < columns; i++) mean += probabilities[i] * gradient[i];
    for (i = 0; i < columns; i++) gradient[i] = scale * probabilities[i] * (gradient[i] - mean);
  }
}

void opsd_attend(const float *q, const float *keys, const float *values, float *out, float *scratch, int64_t heads,
                 int64_t width, int64_t count, int64_t capacity, float scale) {
  float logSum;
  opsd_product(q, width, keys, LANES * width, LANES, scratch, capacity, LANES, heads, count, width, 0);
  for (int64_t h = 0; h < heads; h++)
    opsd_causal_softmax(scratch + h * capacity, capacity, 1, count, count - 1, scale, &logSum, 1);
  opsd_product(scratch, capacity, values, LANES * capacity, LANES, out, width, LANES, heads, width, count, 0);
}

void opsd_remember(const float *key, const float *value, float *keys, float *values, int64_t width, int64_t position,
                   int64_t capacity) {
  float *column = keys + position / LANES * LANES * width + position % LANES;
  for (int64_t i = 0; i < width; i++) column[i * LANES] = key[i];
  for (int64_t i = 0; i < width; i += LANES)
    memcpy(values + i * capacity + position * LANES, value + i,
           sizeof(float) * (size_t)(width - i < LANES ? width - i : LANES));
}
