// What a decoder's step and its reading of whole texts have in common, but for the matrix products: rows are tokens. It
// stands before one of the other two files. Compiled for one model: its sizes are macros. Activations are in 16 bits, the
// residual stream, sums and logits in 32, what is drawn by in 64.
//
// WIDTH, EMBEDDING_WIDTH, EMBEDDING_SCALE, RESIDUAL_SCALE (of what joins the stream), N_KEY_HEADS, GROUP (queries that
// share a key), HEAD_WIDTH (a multiple of 8), SCORE_CAP (0 for none), INNER_WIDTH, VOCABULARY, LOGIT_STRIDE, LOGIT_SCALE,
// LOGIT_CAP (0 for none), NORM_EPSILON, RMS_NORM (0, 1), NORM_MORE (what is added to the weights of norms),
// ROTARY_HALVES (0, 1), ACTIVATION (see `activated`), GATED (0, 1), ROW_THREADS (threads that share a row),
// PICK_THREADS (threads that share a row of logits, a power of two), TOP_K (0 for the whole vocabulary).

typedef unsigned long long u64;

typedef unsigned short half_t; // sixteen bits of a float
typedef unsigned int u32;
typedef unsigned long long u64;

__device__ __forceinline__ float toFloat(half_t h) {
  float f;
  asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(h));
  return f;
}

__device__ __forceinline__ half_t toHalf(float f) {
  half_t h;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(f));
  return h;
}

__device__ __forceinline__ float2 toFloats(u32 pair) {
  half_t low, high;
  asm("mov.b32 {%0, %1}, %2;" : "=h"(low), "=h"(high) : "r"(pair));
  return make_float2(toFloat(low), toFloat(high));
}

/** The largest of sixteen bits instead of an infinity, which would spread to everything after it. */
__device__ __forceinline__ float bounded(float x) { return fminf(fmaxf(x, -65504.f), 65504.f); }

__device__ __forceinline__ u32 toHalves(float low, float high) {
  u32 pair;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
  return pair;
}

/** Sixteen bytes that are read once. */
__device__ __forceinline__ uint4 readOnce(const half_t* at) {
  uint4 v;
  asm volatile("ld.global.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
               : "l"(at));
  return v;
}

__device__ __forceinline__ float warpSum(float x) {
  for (int o = 16; o > 0; o >>= 1) x += __shfl_xor_sync(0xffffffffu, x, o);
  return x;
}

/** The sum over a block's threads, the same for all of them. `shared` holds 33 floats. */
__device__ float blockSum(float x, float* shared) {
  const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
  x = warpSum(x);
  __syncthreads();
  if (lane == 0) shared[warp] = x;
  __syncthreads();
  if (warp == 0) {
    float y = lane < (blockDim.x >> 5) ? shared[lane] : 0.f;
    y = warpSum(y);
    if (lane == 0) shared[32] = y;
  }
  __syncthreads();
  return shared[32];
}

// ---------------------------------------------------------------------------------------------------------------
// Conversion of stored weights

extern "C" __global__ void halfFromFloat(const float* from, half_t* to, u64 n) {
  for (u64 i = blockIdx.x * (u64)blockDim.x + threadIdx.x; i < n; i += (u64)gridDim.x * blockDim.x) to[i] = toHalf(from[i]);
}

extern "C" __global__ void halfFromBfloat(const half_t* from, half_t* to, u64 n) {
  for (u64 i = blockIdx.x * (u64)blockDim.x + threadIdx.x; i < n; i += (u64)gridDim.x * blockDim.x)
    to[i] = toHalf(__uint_as_float((u32)from[i] << 16));
}

extern "C" __global__ void floatFromHalf(const half_t* from, float* to, u64 n) {
  for (u64 i = blockIdx.x * (u64)blockDim.x + threadIdx.x; i < n; i += (u64)gridDim.x * blockDim.x) to[i] = toFloat(from[i]);
}

extern "C" __global__ void floatFromBfloat(const half_t* from, float* to, u64 n) {
  for (u64 i = blockIdx.x * (u64)blockDim.x + threadIdx.x; i < n; i += (u64)gridDim.x * blockDim.x)
    to[i] = __uint_as_float((u32)from[i] << 16);
}

// ---------------------------------------------------------------------------------------------------------------
// Around the products. A block is a row.

/** The residual stream of a row's next token; into `narrow` where a product stands between embeddings and the stream. */
extern "C" __global__ void embed(const int* token, const int* position, const half_t* tokens, const half_t* positions,
                                 float* residual, half_t* narrow) {
  const u64 row = blockIdx.x;
  const half_t* word = tokens + (u64)token[row] * EMBEDDING_WIDTH;
  const half_t* place = positions ? positions + (u64)position[row] * EMBEDDING_WIDTH : 0;
  for (int i = threadIdx.x; i < EMBEDDING_WIDTH; i += blockDim.x) {
    float x = toFloat(word[i]) * (float)EMBEDDING_SCALE;
    if (place) x += toFloat(place[i]);
    if (narrow) narrow[row * EMBEDDING_WIDTH + i] = toHalf(bounded(x));
    else residual[row * EMBEDDING_WIDTH + i] = x;
  }
}

/** Positions for a stream that such a product has made. */
extern "C" __global__ void addPositions(const int* position, const half_t* positions, float* residual) {
  const u64 row = blockIdx.x;
  const half_t* place = positions + (u64)position[row] * WIDTH;
  for (int i = threadIdx.x; i < WIDTH; i += blockDim.x) residual[row * WIDTH + i] += toFloat(place[i]);
}

/** A row's mean and the factor that makes its spread one, over `N` values of which each thread holds some. */
template <int N, int EACH>
__device__ __forceinline__ float2 measure(const float (&kept)[EACH], float* shared) {
  float sum = 0;
#pragma unroll
  for (int k = 0; k < EACH; k++) sum += RMS_NORM ? kept[k] * kept[k] : kept[k];
  sum = blockSum(sum, shared) / N;
  float mean = 0, variance = sum;
  if (!RMS_NORM) {
    mean = sum;
    float squares = 0;
#pragma unroll
    for (int k = 0; k < EACH; k++) {
      const float d = threadIdx.x + k * blockDim.x < N ? kept[k] - mean : 0.f;
      squares += d * d;
    }
    variance = blockSum(squares, shared) / N;
  }
  return make_float2(mean, rsqrtf(variance + (float)NORM_EPSILON));
}

/**
 * The norm of a row of `from`: into `normed`, or else into `residual`, to which it is added if `adds` is not 0. Without
 * `scale` it is no norm, but the row itself. `rows` tells which rows of `from` are read, or is null for all.
 */
extern "C" __global__ void normalise(const float* from, const float* scale, const float* shift, half_t* normed,
                                     float* residual, int adds, const int* rows) {
  __shared__ float shared[33];
  const u64 at = (u64)blockIdx.x * WIDTH;
  const u64 readAt = rows ? (u64)rows[blockIdx.x] * WIDTH : at;
  constexpr int EACH = (WIDTH + ROW_THREADS - 1) / ROW_THREADS;
  float kept[EACH];
#pragma unroll
  for (int k = 0; k < EACH; k++) {
    const int i = threadIdx.x + k * ROW_THREADS;
    kept[k] = i < WIDTH ? from[readAt + i] : 0.f;
  }
  float2 by = make_float2(0.f, 1.f);
  if (scale) by = measure<WIDTH, EACH>(kept, shared);
#pragma unroll
  for (int k = 0; k < EACH; k++) {
    const int i = threadIdx.x + k * ROW_THREADS;
    if (i >= WIDTH) continue;
    float y = (kept[k] - by.x) * by.y;
    if (scale) y *= scale[i] + (float)NORM_MORE;
    if (shift) y += shift[i];
    if (normed) normed[at + i] = toHalf(bounded(y));
    else if (adds) residual[at + i] += y * (float)RESIDUAL_SCALE;
    else residual[at + i] = y;
  }
}

/**
 * Norms of queries and keys in place. A block is a row and one of its vectors: a head, or all heads together. `order` as
 * in `attend`.
 */
template <int N>
__device__ void normaliseVector(half_t* vector, const float* scale, const float* shift) {
  __shared__ float shared[33];
  constexpr int EACH = (N + ROW_THREADS - 1) / ROW_THREADS;
  float kept[EACH];
#pragma unroll
  for (int k = 0; k < EACH; k++) {
    const int i = threadIdx.x + k * ROW_THREADS;
    kept[k] = i < N ? toFloat(vector[i]) : 0.f;
  }
  const float2 by = measure<N, EACH>(kept, shared);
#pragma unroll
  for (int k = 0; k < EACH; k++) {
    const int i = threadIdx.x + k * ROW_THREADS;
    if (i < N) vector[i] = toHalf((kept[k] - by.x) * by.y * (scale[i] + (float)NORM_MORE) + (shift ? shift[i] : 0.f));
  }
}

#define N_HEADS (N_KEY_HEADS * GROUP)
#define QKV_WIDTH ((N_HEADS + 2 * N_KEY_HEADS) * HEAD_WIDTH)

extern "C" __global__ void normaliseHeads(half_t* qkv, const float* queryScale, const float* queryShift,
                                          const float* keyScale, const float* keyShift, const int* order) {
  const int head = blockIdx.x;
  half_t* vector = qkv + (u64)blockIdx.y * QKV_WIDTH + (order ? order[head] : head) * HEAD_WIDTH;
  if (head < N_HEADS) normaliseVector<HEAD_WIDTH>(vector, queryScale, queryShift);
  else normaliseVector<HEAD_WIDTH>(vector, keyScale, keyShift);
}

extern "C" __global__ void normaliseAllHeads(half_t* qkv, const float* queryScale, const float* queryShift,
                                             const float* keyScale, const float* keyShift) {
  half_t* queries = qkv + (u64)blockIdx.y * QKV_WIDTH;
  if (blockIdx.x == 0) normaliseVector<N_HEADS * HEAD_WIDTH>(queries, queryScale, queryShift);
  else normaliseVector<N_KEY_HEADS * HEAD_WIDTH>(queries + N_HEADS * HEAD_WIDTH, keyScale, keyShift);
}

__device__ __forceinline__ float activated(float x) {
#if ACTIVATION == 0 // gelu by tanh
  const float u = 0.7978845608028654f * (x + 0.044715f * x * x * x);
  return x / (1.f + __expf(-2.f * u));
#elif ACTIVATION == 1 // gelu
  return 0.5f * x * (1.f + erff(x * 0.7071067811865476f));
#elif ACTIVATION == 2 // quick gelu
  return x / (1.f + __expf(-1.702f * x));
#elif ACTIVATION == 3 // relu
  return fmaxf(x, 0.f);
#elif ACTIVATION == 4 // silu
  return x / (1.f + __expf(-x));
#elif ACTIVATION == 5 // tanh
  return tanhf(x);
#else // sigmoid
  return 1.f / (1.f + __expf(-x));
#endif
}

// Values that a thread takes at once.
#if INNER_WIDTH % 8 == 0
#define ACTIVATE_AT_ONCE 8
#else
#define ACTIVATE_AT_ONCE 2
#endif

/** In place [rows, INNER_WIDTH]; gated: of [rows, gate and up], the gates first, into [rows, INNER_WIDTH]. */
extern "C" __global__ void activate(const half_t* from, half_t* to, int nRows) {
  struct alignas(2 * ACTIVATE_AT_ONCE) Some { u32 pairs[ACTIVATE_AT_ONCE / 2]; };
  const u64 n = (u64)nRows * INNER_WIDTH / ACTIVATE_AT_ONCE;
  for (u64 i = blockIdx.x * (u64)blockDim.x + threadIdx.x; i < n; i += (u64)gridDim.x * blockDim.x) {
    Some given;
#if GATED
    const u32 each = INNER_WIDTH / ACTIVATE_AT_ONCE;
    const u64 row = i / each, column = i % each * ACTIVATE_AT_ONCE;
    const Some gates = *(const Some*)(from + row * 2 * INNER_WIDTH + column);
    const Some ups = *(const Some*)(from + row * 2 * INNER_WIDTH + INNER_WIDTH + column);
#pragma unroll
    for (int j = 0; j < ACTIVATE_AT_ONCE / 2; j++) {
      const float2 gate = toFloats(gates.pairs[j]), up = toFloats(ups.pairs[j]);
      given.pairs[j] = toHalves(bounded(activated(bounded(gate.x)) * bounded(up.x)),
                                bounded(activated(bounded(gate.y)) * bounded(up.y)));
    }
#else
    const Some some = ((const Some*)from)[i];
#pragma unroll
    for (int j = 0; j < ACTIVATE_AT_ONCE / 2; j++) {
      const float2 x = toFloats(some.pairs[j]);
      given.pairs[j] = toHalves(activated(bounded(x.x)), activated(bounded(x.y)));
    }
#endif
    ((Some*)to)[i] = given;
  }
}

/** Logits in place. */
extern "C" __global__ void limitLogits(float* logits, int nRows) {
  const u64 n = (u64)nRows * LOGIT_STRIDE;
  for (u64 i = blockIdx.x * (u64)blockDim.x + threadIdx.x; i < n; i += (u64)gridDim.x * blockDim.x) {
    const float x = logits[i] * (float)LOGIT_SCALE;
    logits[i] = LOGIT_CAP > 0 ? (float)LOGIT_CAP * tanhf(x / (float)LOGIT_CAP) : x;
  }
}

// Powers of two are cheaper than those of e.
#define LOG2_OF_E 1.4426950408889634f

// ---------------------------------------------------------------------------------------------------------------
// The order of logits

#define MAX_CANDIDATES 2048

/** Larger for larger floats; never 0. */
__device__ __forceinline__ u32 orderOf(float x) {
  const u32 bits = __float_as_uint(x);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

/** Descending by value, on a tie the lower token first. */
__device__ __forceinline__ u64 keyOf(float x, u32 token) { return ((u64)orderOf(x) << 32) | (u32)~token; }

__device__ void sortDescending(u64* items, int n) {
  for (int size = 2; size <= n; size <<= 1) {
    for (int stride = size >> 1; stride > 0; stride >>= 1) {
      for (int i = threadIdx.x; i < n; i += blockDim.x) {
        const int other = i ^ stride;
        if (other > i) {
          const bool descends = (i & size) == 0;
          const u64 a = items[i], b = items[other];
          if ((a < b) == descends) {
            items[i] = b;
            items[other] = a;
          }
        }
      }
      __syncthreads();
    }
  }
}

/** What the keys from `least` on hold together: how many they are, or their mass against `top`'s. */
__device__ double massFrom(const float* logit, u64 least, double top, double temperature, bool counts, double* sums) {
  double own = 0;
  for (int i = threadIdx.x; i < VOCABULARY; i += PICK_THREADS) {
    const float x = logit[i];
    if (keyOf(x, i) >= least) own += counts ? 1. : exp((x - top) / temperature);
  }
  __syncthreads();
  sums[threadIdx.x] = own;
  for (int half = PICK_THREADS / 2; half > 0; half >>= 1) {
    __syncthreads();
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
  }
  __syncthreads();
  return sums[0];
}

/** The largest key from which on the mass is above `wanted` (or reaches it): found bit by bit, whatever the logits are. */
__device__ u64 keyAtMass(const float* logit, double wanted, bool reaches, double top, double temperature, bool counts,
                         double* sums) {
  u64 key = 0;
  for (int bit = 63; bit >= 0; bit--) {
    const u64 tried = key | (1ull << bit);
    const double mass = massFrom(logit, tried, top, temperature, counts, sums);
    if (reaches ? mass >= wanted : mass > wanted) key = tried;
  }
  return key;
}
