// RMSNorm (Zhang and Sennrich, 2019) of rows and of attention heads, the latter followed by the rotary embedding
// (Su et al., 2021) in the halves convention of Hugging Face: the partner of element i is element i + width/2.
#include "lanes.h"

INLINE float dot(const float *a, const float *b, int64_t count) {
  lanes sum = splat(0);
  int64_t i = 0;
  for (; i + LANES <= count; i += LANES) sum += load(a + i) * load(b + i);
  if (i < count) sum += load_some(a + i, count - i, 0) * load_some(b + i, count - i, 0);
  return sum_lanes(sum);
}

/// 1/√(mean(x²) + epsilon), for every finite row: where x² overflows, the largest number is taken out first.
INLINE float inverse_root_mean_square(const float *x, int64_t width, float epsilon) {
  float sum = dot(x, x, width);
  if (sum <= 3.0e38f) return 1.0f / sqrtf(sum / (float)width + epsilon);
  float top = 0;
  for (int64_t i = 0; i < width; i++) top = fabsf(x[i]) > top ? fabsf(x[i]) : top;
  double squares = 0;
  for (int64_t i = 0; i < width; i++) squares += (double)(x[i] / top) * (double)(x[i] / top);
  return 1.0f / (top * sqrtf((float)(squares / (double)width)));
}

KERNEL(opsd_rms_norm,
       (const float *x, const float *w, float *y, float *scale, int64_t rows, int64_t width, float epsilon),
       (x, w, y, scale, rows, width, epsilon)) {
  for (int64_t r = 0; r < rows; r++, x += width, y += width) {
    float s = inverse_root_mean_square(x, width, epsilon);
    scale[r] = s;
    for (int64_t i = 0; i < width; i++) y[i] = x[i] * s * w[i];
  }
}

// With s = (mean(x²) + ε)^(−1/2): ∂L/∂x = s·(w·dy − (s·x)·(s/width)·Σ_i x_i w_i dy_i). In this order no factor leaves
// the range of float32: s·x is about 1, where s³ alone would underflow from x = 10¹³ on.
KERNEL(opsd_rms_norm_backward,
       (const float *dy, const float *x, const float *w, const float *scale, float *dx, float *dw, int64_t rows,
        int64_t width, int32_t accumulate),
       (dy, x, w, scale, dx, dw, rows, width, accumulate)) {
  for (int64_t r = 0; r < rows; r++, x += width, dy += width, dx += width) {
    float s = scale[r];
    lanes sum = splat(0);
    int64_t i = 0;
    for (; i + LANES <= width; i += LANES) {
      lanes product = load(x + i) * load(dy + i);
      store(dw + i, load(dw + i) + product * s);
      sum += product * load(w + i);
    }
    float total = sum_lanes(sum);
    for (; i < width; i++) {
      float product = x[i] * dy[i];
      dw[i] += product * s;
      total += product * w[i];
    }
    float c = total * s / (float)width;
    if (accumulate)
      for (i = 0; i < width; i++) dx[i] += s * (w[i] * dy[i] - c * (x[i] * s));
    else
      for (i = 0; i < width; i++) dx[i] = s * (w[i] * dy[i] - c * (x[i] * s));
  }
}

KERNEL(opsd_norm_rotate,
       (const float *x, int64_t stride, const float *w, const float *cosines, const float *sines, const int32_t
        *positions, float *y, float *scale, int64_t rows, int64_t heads, int64_t width, float epsilon),
       (x, stride, w, cosines, sines, positions, y, scale, rows, heads, width, epsilon)) {
  int64_t half = width / 2;
  for (int64_t r = 0; r < rows; r++) {
    const float *c = cosines + positions[r] * half, *d = sines + positions[r] * half;
    for (int64_t h = 0; h < heads; h++) {
      const float *in = x + r * stride + h * width;
      float *out = y + (r * heads + h) * width;
      float s = inverse_root_mean_square(in, width, epsilon);
      scale[r * heads + h] = s;
      int64_t i = 0;
      for (; i + LANES <= half; i += LANES) {
        lanes a = load(in + i) * s * load(w + i), b = load(in + i + half) * s * load(w + i + half);
        lanes cosine = load(c + i), sine = load(d + i);
        store(out + i, a * cosine - b * sine);
        store(out + i + half, b * cosine + a * sine);
      }
      for (; i < half; i++) {
        float a = in[i] * s * w[i], b = in[i + half] * s * w[i + half];
        out[i] = a * c[i] - b * d[i];
        out[i + half] = b * c[i] + a * d[i];
      }
    }
  }
}

// The rotation is orthogonal: its backward is the rotation by the opposite angle; then the backward of the norm.
KERNEL(opsd_norm_rotate_backward,
       (const float *dy, const float *x, int64_t stride, const float *w, const float *cosines, const float *sines,
        const int32_t *positions, const float *scale, float *dx, float *dw, int64_t rows, int64_t heads, int64_t
        width),
       (dy, x, stride, w, cosines, sines, positions, scale, dx, dw, rows, heads, width)) {
  int64_t half = width / 2;
  for (int64_t r = 0; r < rows; r++) {
    const float *c = cosines + positions[r] * half, *d = sines + positions[r] * half;
    for (int64_t h = 0; h < heads; h++) {
      const float *in = x + r * stride + h * width, *g = dy + (r * heads + h) * width;
      float *out = dx + r * stride + h * width;
      float s = scale[r * heads + h];
      int64_t i = 0;
      for (; i + LANES <= half; i += LANES) {
        lanes cosine = load(c + i), sine = load(d + i), first = load(g + i), second = load(g + i + half);
        lanes a = first * cosine + second * sine, b = second * cosine - first * sine;
        store(dw + i, load(dw + i) + a * load(in + i) * s);
        store(dw + i + half, load(dw + i + half) + b * load(in + i + half) * s);
        store(out + i, a * load(w + i));
        store(out + i + half, b * load(w + i + half));
      }
      for (; i < half; i++) {
        float a = g[i] * c[i] + g[i + half] * d[i], b = g[i + half] * c[i] - g[i] * d[i];
        dw[i] += a * in[i] * s;
        dw[i + half] += b * in[i + half] * s;
        out[i] = a * w[i];
        out[i + half] = b * w[i + half];
      }
      float k = dot(out, in, width) * s / (float)width;
      for (i = 0; i + LANES <= width; i += LANES) store(out + i, s * (load(out + i) - k * (load(in + i) * s)));
      for (; i < width; i++) out[i] = s * (out[i] - k * (in[i] * s));
    }
  }
}
