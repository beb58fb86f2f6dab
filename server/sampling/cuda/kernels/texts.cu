// What reading whole texts has beside decoder.cu: texts lie behind each other in one stream of rows, none of them padded,
// and each position sees those of its own text before it. Of wanted tokens a few numbers leave the card.
//
// PICK_THREADS, TOP_K and TEMPERATURE of the rule, DRAWS (whether the rule's own log-probability is asked for: 0, 1).

// ---------------------------------------------------------------------------------------------------------------
// Rotation of queries and keys in place. A block is a row. Parameters as in `attendTexts`.

extern "C" __global__ void turnTexts(half_t* qkv, const int* position, const float2* turns, const int* order, int nPairs) {
  half_t* mine = qkv + (u64)blockIdx.x * QKV_WIDTH;
  const float2* turn = turns + (u64)position[blockIdx.x] * nPairs;
  for (int i = threadIdx.x; i < (N_HEADS + N_KEY_HEADS) * nPairs; i += blockDim.x) {
    const int head = i / nPairs, pair = i - head * nPairs;
    half_t* vector = mine + (order ? order[head] : head) * HEAD_WIDTH;
    half_t* a = vector + (ROTARY_HALVES ? pair : 2 * pair);
    half_t* b = vector + (ROTARY_HALVES ? pair + nPairs : 2 * pair + 1);
    const float x = toFloat(*a), y = toFloat(*b);
    *a = toHalf(x * turn[pair].x - y * turn[pair].y);
    *b = toHalf(x * turn[pair].y + y * turn[pair].x);
  }
}

// ---------------------------------------------------------------------------------------------------------------
// Attention of all positions (T. Dao, "FlashAttention-2", 2023). A block is a tile of a text's queries and a head; each
// warp has sixteen of the queries. Keys and values pass through shared memory a tile at a time, the next on its way.

#define QUERY_WARPS 4
#define QUERY_TILE (16 * QUERY_WARPS)
// Tensor cores take heads by sixteen values: what is missing is zero.
#define HEAD_SPAN ((HEAD_WIDTH + 15) / 16 * 16)
#define KEY_TILE (HEAD_SPAN <= 64 ? 64 : HEAD_SPAN <= 128 ? 32 : 16)
// Eight values more let rows begin in different banks.
#define ROW_SPAN (HEAD_SPAN + 8)

__device__ __forceinline__ u32 sharedAddress(const void* at) { return (u32)__cvta_generic_to_shared(at); }

__device__ __forceinline__ void copyLater(half_t* to, const half_t* from) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(sharedAddress(to)), "l"(from));
}

__device__ __forceinline__ void loadMatrices(u32 (&m)[4], const half_t* at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(m[0]), "=r"(m[1]), "=r"(m[2]), "=r"(m[3])
               : "r"(sharedAddress(at)));
}

__device__ __forceinline__ void loadTransposed(u32 (&m)[4], const half_t* at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(m[0]), "=r"(m[1]), "=r"(m[2]), "=r"(m[3])
               : "r"(sharedAddress(at)));
}

/** sum += a · b of 16 × 16 by 16 × 8 values. */
__device__ __forceinline__ void multiply(float (&sum)[4], const u32 (&a)[4], u32 b0, u32 b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

__device__ __forceinline__ float powerOf2(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

/** The largest, and the sum, over the four lanes that hold a query's scores. */
__device__ __forceinline__ float quadMost(float x) {
  x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 1));
  return fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 2));
}
__device__ __forceinline__ float quadSum(float x) {
  x += __shfl_xor_sync(0xffffffffu, x, 1);
  return x + __shfl_xor_sync(0xffffffffu, x, 2);
}

/** `nRows` rows of one head from `from` on, of which the last stands for those behind it. */
__device__ __forceinline__ void copyTile(half_t (*to)[ROW_SPAN], const half_t* from, int first, int last) {
  for (int i = threadIdx.x; i < KEY_TILE * (HEAD_WIDTH / 8); i += 32 * QUERY_WARPS) {
    const int row = i / (HEAD_WIDTH / 8), at = i % (HEAD_WIDTH / 8) * 8;
    copyLater(&to[row][at], from + (u64)min(first + row, last) * QKV_WIDTH + at);
  }
}

/**
 * `qkv` are rows with their queries and keys turned. `tiles` are [tile, 3]: the rows of a text's first token and of its
 * tile's first query, and the row behind the text. `order` tells at which place in a row each head lies, those of
 * queries, then of keys, then of values, or is null where they lie in that order; `window` is how many positions a query
 * sees, or 0 for all.
 */
extern "C" __global__ void __launch_bounds__(32 * QUERY_WARPS)
    attendTexts(const half_t* qkv, const int* tiles, const int* order, half_t* attended, float scale, int window) {
  __shared__ __align__(16) half_t keys[2][KEY_TILE][ROW_SPAN];
  __shared__ __align__(16) half_t values[2][KEY_TILE][ROW_SPAN];
  const int textRow = tiles[3 * blockIdx.y], tileRow = tiles[3 * blockIdx.y + 1], endRow = tiles[3 * blockIdx.y + 2];
  const int head = blockIdx.x, keyHead = head / GROUP;
  const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
  const auto placeOf = [=](int which) { return (order ? order[which] : which) * HEAD_WIDTH; };
  const half_t* text = qkv + (u64)textRow * QKV_WIDTH;
  const half_t* textKeys = text + placeOf(N_HEADS + keyHead);
  const half_t* textValues = text + placeOf(N_HEADS + N_KEY_HEADS + keyHead);
  const int nPositions = endRow - textRow;
  const int tileAt = tileRow - textRow; // position of the tile's first query
  const int lastKey = min(tileAt + QUERY_TILE, nPositions) - 1;
  const int firstKey = window > 0 ? max(0, tileAt - window + 1) / KEY_TILE * KEY_TILE : 0;

#if HEAD_SPAN > HEAD_WIDTH
  for (int i = threadIdx.x; i < 2 * KEY_TILE * 8; i += 32 * QUERY_WARPS) {
    keys[i / (KEY_TILE * 8)][i / 8 % KEY_TILE][HEAD_WIDTH + i % 8] = 0;
    values[i / (KEY_TILE * 8)][i / 8 % KEY_TILE][HEAD_WIDTH + i % 8] = 0;
  }
#endif
  copyTile(keys[0], textKeys, firstKey, lastKey);
  copyTile(values[0], textValues, firstKey, lastKey);
  asm volatile("cp.async.commit_group;");

  // This lane's two queries, and its pairs of their values.
  const int mine[2] = {tileAt + 16 * warp + lane / 4, tileAt + 16 * warp + lane / 4 + 8};
  const int pairAt = lane % 4 * 2;
  u32 query[HEAD_SPAN / 16][4];
#pragma unroll
  for (int j = 0; j < HEAD_SPAN / 16; j++) {
#pragma unroll
    for (int part = 0; part < 4; part++) {
      const int at = 16 * j + pairAt + part / 2 * 8;
      const half_t* from = text + (u64)min(mine[part % 2], nPositions - 1) * QKV_WIDTH + placeOf(head);
      query[j][part] = at < HEAD_WIDTH ? *(const u32*)(from + at) : 0;
    }
  }
  float sum[HEAD_SPAN / 8][4], most[2] = {-1e30f, -1e30f}, total[2] = {0.f, 0.f};
#pragma unroll
  for (int j = 0; j < HEAD_SPAN / 8; j++) sum[j][0] = sum[j][1] = sum[j][2] = sum[j][3] = 0.f;

  for (int tile = firstKey, stage = 0; tile <= lastKey; tile += KEY_TILE, stage ^= 1) {
    if (tile + KEY_TILE <= lastKey) {
      copyTile(keys[stage ^ 1], textKeys, tile + KEY_TILE, lastKey);
      copyTile(values[stage ^ 1], textValues, tile + KEY_TILE, lastKey);
    }
    asm volatile("cp.async.commit_group;");
    asm volatile("cp.async.wait_group 1;");
    __syncthreads();
    // Nothing of this tile is seen by a warp whose queries all stand before it, or behind their window.
    const int warpAt = tileAt + 16 * warp;
    if (tile <= warpAt + 15 && (window == 0 || tile + KEY_TILE - 1 > warpAt - window)) {
      float score[KEY_TILE / 8][4];
#pragma unroll
      for (int n = 0; n < KEY_TILE / 8; n++) score[n][0] = score[n][1] = score[n][2] = score[n][3] = 0.f;
#pragma unroll
      for (int j = 0; j < HEAD_SPAN / 16; j++) {
#pragma unroll
        for (int n = 0; n < KEY_TILE / 8; n += 2) {
          u32 b[4];
          loadMatrices(b, &keys[stage][8 * n + (lane & 7) + (lane >> 4) * 8][16 * j + (lane >> 3 & 1) * 8]);
          multiply(score[n], query[j], b[0], b[1]);
          multiply(score[n + 1], query[j], b[2], b[3]);
        }
      }
      const bool isWhole = tile + KEY_TILE - 1 <= warpAt && (window == 0 || tile > warpAt + 15 - window);
      float highest[2] = {most[0], most[1]};
#pragma unroll
      for (int n = 0; n < KEY_TILE / 8; n++) {
#pragma unroll
        for (int e = 0; e < 4; e++) {
          float s = score[n][e] * scale;
          s = SCORE_CAP > 0 ? (float)SCORE_CAP * LOG2_OF_E * tanhf(s / (float)SCORE_CAP) : s * LOG2_OF_E;
          const int at = tile + 8 * n + pairAt + (e & 1), from = mine[e >> 1];
          if (!isWhole && (at > from || (window > 0 && at <= from - window))) s = -1e38f;
          score[n][e] = s;
          highest[e >> 1] = fmaxf(highest[e >> 1], s);
        }
      }
#pragma unroll
      for (int q = 0; q < 2; q++) {
        highest[q] = quadMost(highest[q]);
        const float shrink = powerOf2(most[q] - highest[q]);
        most[q] = highest[q];
        total[q] *= shrink;
#pragma unroll
        for (int j = 0; j < HEAD_SPAN / 8; j++) {
          sum[j][2 * q] *= shrink;
          sum[j][2 * q + 1] *= shrink;
        }
      }
#pragma unroll
      for (int n = 0; n < KEY_TILE / 8; n++) {
#pragma unroll
        for (int e = 0; e < 4; e++) {
          score[n][e] = powerOf2(score[n][e] - most[e >> 1]);
          total[e >> 1] += score[n][e];
        }
      }
#pragma unroll
      for (int n = 0; n < KEY_TILE / 8; n += 2) {
        const u32 share[4] = {toHalves(score[n][0], score[n][1]), toHalves(score[n][2], score[n][3]),
                              toHalves(score[n + 1][0], score[n + 1][1]), toHalves(score[n + 1][2], score[n + 1][3])};
#pragma unroll
        for (int j = 0; j < HEAD_SPAN / 8; j += 2) {
          u32 b[4];
          loadTransposed(b, &values[stage][8 * n + (lane & 7) + (lane >> 3 & 1) * 8][8 * j + (lane >> 4) * 8]);
          multiply(sum[j], share, b[0], b[1]);
          multiply(sum[j + 1], share, b[2], b[3]);
        }
      }
    }
    __syncthreads();
  }
#pragma unroll
  for (int q = 0; q < 2; q++) {
    const float all = quadSum(total[q]);
    if (mine[q] >= nPositions) continue;
    half_t* to = attended + (u64)(textRow + mine[q]) * (N_HEADS * HEAD_WIDTH) + head * HEAD_WIDTH;
#pragma unroll
    for (int j = 0; j < HEAD_SPAN / 8; j++)
      if (8 * j < HEAD_WIDTH) *(u32*)(to + 8 * j + pairAt) = toHalves(sum[j][2 * q] / all, sum[j][2 * q + 1] / all);
  }
}

// ---------------------------------------------------------------------------------------------------------------
// What is kept of a wanted token. A block is a row of logits.

/** The sum of the candidates' shares against the highest logit, once the threads' own are added up. */
__device__ double blockSumWide(double own, double* sums) {
  sums[threadIdx.x] = own;
  for (int half = PICK_THREADS / 2; half > 0; half >>= 1) {
    __syncthreads();
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
  }
  __syncthreads();
  return sums[0];
}

/**
 * `plain`: the target's log-probability under the untruncated softmax at temperature 1; `best`: whether it is the
 * likeliest, the lower token on a tie; `drawn`: its log-probability under the rule, minus infinity where it is cut off.
 */
extern "C" __global__ void __launch_bounds__(PICK_THREADS)
    measureTokens(const float* logits, const int* targets, float* plain, float* drawn, int* best) {
  __shared__ float shared[33];
  __shared__ u64 highest[PICK_THREADS];
  __shared__ double sums[PICK_THREADS];
#if DRAWS && TOP_K > 0 && TOP_K <= PICK_THREADS / 4
  __shared__ u64 candidates[MAX_CANDIDATES];
  __shared__ int nCandidates;
#endif
  const u64 row = blockIdx.x;
  const float* logit = logits + row * LOGIT_STRIDE;
  const u32 target = targets[row];
  const float own = logit[target];
  const u64 ownKey = keyOf(own, target);

  u64 mine = 0;
  for (int i = 4 * threadIdx.x; i < VOCABULARY; i += 4 * PICK_THREADS) {
    const float4 four = *(const float4*)(logit + i);
    const float x[4] = {four.x, four.y, four.z, four.w};
#pragma unroll
    for (int j = 0; j < 4; j++) {
      const u64 key = keyOf(x[j], i + j);
      if (i + j < VOCABULARY && key > mine) mine = key;
    }
  }
  highest[threadIdx.x] = mine;
#if DRAWS && TOP_K > 0 && TOP_K <= PICK_THREADS / 4
  if (threadIdx.x == 0) nCandidates = 0;
#endif
  __syncthreads();
  sortDescending(highest, PICK_THREADS);
  const u64 likeliest = highest[0];
  const float top = logit[(u32)~(u32)likeliest];
#if DRAWS && TOP_K > 0 && TOP_K <= PICK_THREADS / 4
  // At least TOP_K logits are not below the TOP_K-th of the threads' highest.
  const u64 least = highest[TOP_K - 1];
#endif
  float sum = 0, nAbove = 0;
  double tempered = 0;
  for (int i = 4 * threadIdx.x; i < VOCABULARY; i += 4 * PICK_THREADS) {
    const float4 four = *(const float4*)(logit + i);
    const float x[4] = {four.x, four.y, four.z, four.w};
#pragma unroll
    for (int j = 0; j < 4; j++) {
      if (i + j >= VOCABULARY) continue;
      sum += __expf(x[j] - top);
#if DRAWS && TOP_K == 0
      tempered += __expf((x[j] - top) * (float)(1. / TEMPERATURE));
#elif DRAWS
      const u64 key = keyOf(x[j], i + j);
      if (key > ownKey) nAbove += 1.f;
#if TOP_K <= PICK_THREADS / 4
      if (key >= least) {
        const int slot = atomicAdd(&nCandidates, 1);
        if (slot < MAX_CANDIDATES) candidates[slot] = key;
      }
#endif
#endif
    }
  }
  const float all = blockSum(sum, shared);
  if (threadIdx.x == 0) {
    plain[row] = own - top - logf(all);
    best[row] = ownKey == likeliest;
  }
#if DRAWS
  const double at = ((double)own - top) / TEMPERATURE;
#if TOP_K == 0
  const double whole = blockSumWide(tempered, sums);
  if (threadIdx.x == 0) drawn[row] = (float)(at - log(whole));
#else
  const float above = blockSum(nAbove, shared);
  if (above >= TOP_K) {
    if (threadIdx.x == 0) drawn[row] = __uint_as_float(0xff800000u);
    return;
  }
  double share = 0;
#if TOP_K <= PICK_THREADS / 4
  const int n = nCandidates;
  if (n <= MAX_CANDIDATES) {
    int padded = 32;
    while (padded < n) padded <<= 1;
    for (int i = n + threadIdx.x; i < padded; i += PICK_THREADS) candidates[i] = 0;
    __syncthreads();
    sortDescending(candidates, padded);
    if (threadIdx.x < TOP_K) share = exp(((double)logit[(u32)~(u32)candidates[threadIdx.x]] - top) / TEMPERATURE);
    share = blockSumWide(share, sums);
  } else
#endif
  {
    const u64 cut = keyAtMass(logit, TOP_K, true, top, TEMPERATURE, true, sums);
    share = massFrom(logit, cut, top, TEMPERATURE, false, sums);
  }
  if (threadIdx.x == 0) drawn[row] = (float)(at - log(share));
#endif
#endif
}
