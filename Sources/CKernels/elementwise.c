// SwiGLU (Shazeer, 2020), sums, and AdamW.
#include "lanes.h"

INLINE lanes sigmoid(lanes x) { return 1.0f / (1.0f + exp_lanes(-x)); }

KERNEL(opsd_swiglu,
       (const float *gu, float *h, int64_t rows, int64_t width),
       (gu, h, rows, width)) {
  for (int64_t r = 0; r < rows; r++, gu += 2 * width, h += width) {
    const float *u = gu + width;
    int64_t i = 0;
    for (; i + LANES <= width; i += LANES) {
      lanes g = load(gu + i);
      store(h + i, g * sigmoid(g) * load(u + i));
    }
    if (i < width) {
      lanes g = load_some(gu + i, width - i, 0);
      store_some(h + i, g * sigmoid(g) * load_some(u + i, width - i, 0), width - i);
    }
  }
}

// silu'(g) = σ(g)·(1 + g·(1 − σ(g))).
INLINE void swiglu_gradient(lanes g, lanes u, lanes d, lanes *dg, lanes *du) {
  lanes s = sigmoid(g);
  *du = d * g * s;
  *dg = d * u * s * (1.0f + g * (1.0f - s));
}

KERNEL(opsd_swiglu_backward,
       (const float *dh, const float *gu, float *dgu, int64_t rows, int64_t width),
       (dh, gu, dgu, rows, width)) {
  for (int64_t r = 0; r < rows; r++, gu += 2 * width, dgu += 2 * width, dh += width) {
    lanes dg, du;
    int64_t i = 0;
    for (; i + LANES <= width; i += LANES) {
      swiglu_gradient(load(gu + i), load(gu + width + i), load(dh + i), &dg, &du);
      store(dgu + i, dg);
      store(dgu + width + i, du);
    }
    if (i < width) {
      int64_t rest = width - i;
      swiglu_gradient(load_some(gu + i, rest, 0), load_some(gu + width + i, rest, 0), load_some(dh + i, rest, 0), &dg,
                      &du);
      store_some(dgu + i, dg, rest);
      store_some(dgu + width + i, du, rest);
    }
  }
}

void opsd_gather(const float *x, int64_t stride, int64_t count, float *y) {
  for (int64_t i = 0; i < count; i++) y[i] = x[i * stride];
}

void opsd_scatter(const float *x, int64_t stride, int64_t count, float *y) {
  for (int64_t i = 0; i < count; i++) y[i * stride] += x[i];
}

KERNEL(opsd_add,
       (const float *x, float *y, int64_t count),
       (x, y, count)) {
  for (int64_t i = 0; i < count; i++) y[i] += x[i];
}

KERNEL(opsd_multiply,
       (float *x, float factor, int64_t count),
       (x, factor, count)) {
  for (int64_t i = 0; i < count; i++) x[i] *= factor;
}

KERNEL(opsd_blend,
       (const float *x, float *y, float share, int64_t count),
       (x, y, share, count)) {
  for (int64_t i = 0; i < count; i++) y[i] += share * (x[i] - y[i]);
}

KERNEL_RETURNING(double, opsd_sum_of_squares, (const float *x, int64_t count), (x, count)) {
  double sum[8] = {0};
  int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (int j = 0; j < 8; j++) sum[j] += (double)x[i + j] * (double)x[i + j];
  double total = 0;
  for (int j = 0; j < 8; j++) total += sum[j];
  for (; i < count; i++) total += (double)x[i] * (double)x[i];
  return total;
}

KERNEL(opsd_adamw,
       (float *w, const float *g, float *m, float *v, int64_t count, float gradientScale, float decay, float
        stepSize, float inverseRoot, float beta1, float beta2, float epsilon),
       (w, g, m, v, count, gradientScale, decay, stepSize, inverseRoot, beta1, beta2, epsilon)) {
  for (int64_t i = 0; i < count; i++) {
    float gradient = g[i] * gradientScale;
    float first = m[i] + (gradient - m[i]) * (1.0f - beta1);
    float second = v[i] * beta2 + gradient * gradient * (1.0f - beta2);
    m[i] = first;
    v[i] = second;
    w[i] = w[i] * decay - stepSize * first / (sqrtf(second) * inverseRoot + epsilon);
  }
}
