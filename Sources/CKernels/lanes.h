// Sixteen float lanes, and the few functions of them that the kernels need. Included by each kernel file only.
#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "CKernels.h"

#define INLINE static inline __attribute__((always_inline))

// A kernel: one inlined body, compiled for each level of processor that levels.c knows, and an entry that picks. Vectors
// may be passed by value only between inlined functions, because their calling convention differs between levels.
// Every level computes the same bits, but for the lowest, which has no fused multiply-add.
#if defined(__x86_64__)
#define KERNEL_RETURNING(type, name, parameters, arguments)                                        \
  INLINE type name##_body parameters;                                                              \
  __attribute__((target("arch=x86-64-v4"))) static type name##_v4 parameters { return name##_body arguments; } \
  __attribute__((target("arch=x86-64-v3"))) static type name##_v3 parameters { return name##_body arguments; } \
  static type name##_v1 parameters { return name##_body arguments; }                               \
  type name parameters {                                                                           \
    return opsd_level == 4 ? name##_v4 arguments : opsd_level == 3 ? name##_v3 arguments : name##_v1 arguments; \
  }                                                                                                \
  INLINE type name##_body parameters
#else
#define KERNEL_RETURNING(type, name, parameters, arguments) type name parameters
#endif
#define KERNEL(name, parameters, arguments) KERNEL_RETURNING(void, name, parameters, arguments)

// Said of inlined functions only; see KERNEL.
#pragma clang diagnostic ignored "-Wpsabi"

enum { LANES = 16 };
typedef float lanes __attribute__((ext_vector_type(16)));
typedef int32_t ilanes __attribute__((ext_vector_type(16)));

INLINE lanes load(const float *p) {
  lanes v;
  memcpy(&v, p, sizeof v);
  return v;
}
INLINE void store(float *p, lanes v) { memcpy(p, &v, sizeof v); }
INLINE lanes splat(float x) { return (lanes)(x); }

/// The first `count` lanes from memory, the rest `fill`.
INLINE lanes load_some(const float *p, int64_t count, float fill) {
  lanes v = splat(fill);
  for (int64_t i = 0; i < count; i++) v[i] = p[i];
  return v;
}
INLINE void store_some(float *p, lanes v, int64_t count) {
  for (int64_t i = 0; i < count; i++) p[i] = v[i];
}

/// The first `count` lanes of v, the rest `fill`.
INLINE lanes first_of(lanes v, int64_t count, float fill) {
  const ilanes index = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return index < (ilanes)((int32_t)count) ? v : splat(fill);
}

/// The sum of all lanes, always in the same order: halves folded together.
INLINE float sum_lanes(lanes v) {
  for (int half = 8; half > 0; half /= 2)
    for (int i = 0; i < half; i++) v[i] += v[i + half];
  return v[0];
}
INLINE float max_lanes(lanes v) {
  for (int half = 8; half > 0; half /= 2)
    for (int i = 0; i < half; i++) v[i] = v[i] > v[i + half] ? v[i] : v[i + half];
  return v[0];
}
INLINE lanes max2(lanes a, lanes b) { return __builtin_elementwise_max(a, b); }
INLINE lanes min2(lanes a, lanes b) { return __builtin_elementwise_min(a, b); }

/// eˣ to about 1 ulp; x is clamped to ±87, so that nothing overflows, and e^−∞ is 1.6e−38 (Cephes' polynomial).
INLINE lanes exp_lanes(lanes x) {
  x = min2(max2(x, splat(-87.0f)), splat(87.0f));
  lanes magic = splat(12582912.0f);
  lanes n = (x * 1.44269504088896341f + magic) - magic;
  lanes r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  lanes p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  ilanes e = (__builtin_convertvector(n, ilanes) + 127) << 23;
  lanes scale;
  memcpy(&scale, &e, sizeof scale);
  return p * scale;
}

/// log x for normal positive x, to about 1 ulp (Cephes' polynomial).
INLINE lanes log_lanes(lanes x) {
  ilanes bits;
  memcpy(&bits, &x, sizeof bits);
  ilanes e = ((bits >> 23) & 0xff) - 126;
  bits = (bits & 0x007fffff) | 0x3f000000;
  lanes m;
  memcpy(&m, &bits, sizeof m);
  ilanes small = m < 0.707106781186547524f;
  e = e + small;
  m = small ? m + m - 1.0f : m - 1.0f;
  lanes fe = __builtin_convertvector(e, lanes);
  lanes z = m * m;
  lanes p = splat(7.0376836292e-2f);
  p = p * m - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  p = p * m * z;
  p = p + fe * -2.12194440e-4f;
  p = p - 0.5f * z;
  return m + p + fe * 0.693359375f;
}

/// eˡ · x, and 0 where l is below the range of float32: 0 · log 0 counts as 0, whatever x is.
INLINE lanes weighted(lanes l, lanes x) { return l < -87.0f ? splat(0) : exp_lanes(l) * x; }
