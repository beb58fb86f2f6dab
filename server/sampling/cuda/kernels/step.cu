// What one step of a decoder for many rows has beside decoder.cu: attention over a cache in 16 bits, and the pick.
//
// ATTEND_WARPS (warps that share a row's positions of one key head), TOP_K also 1 for the likeliest, NUCLEUS (0, 1), TOP_P,
// END_TOKENS (END_AT(token) for each).

// ---------------------------------------------------------------------------------------------------------------
// Attention of one new position a row. A block is a row and a key head; its warps share the positions.
// The cache is [row, key head, capacity, HEAD_WIDTH], keys and values apart.

#define CHUNKS (HEAD_WIDTH / 8)
// Lanes that hold a position together, eight values each.
#define LANES (CHUNKS <= 1 ? 1 : CHUNKS <= 2 ? 2 : CHUNKS <= 4 ? 4 : CHUNKS <= 8 ? 8 : CHUNKS <= 16 ? 16 : 32)
#define AT_ONCE (32 / LANES)
#define UNROLL (GROUP > 4 ? 2 : 4)
#define TILE (AT_ONCE * UNROLL)
#define PARTS (ATTEND_WARPS * AT_ONCE)

/** Value `i` of a head, turned to its position: `turns` are cosines and sines of its pairs. */
__device__ __forceinline__ float turned(const half_t* head, int i, const float2* turns, int nPairs) {
  const float x = toFloat(head[i]);
  if (i >= 2 * nPairs) return x;
#if ROTARY_HALVES
  const int pair = i < nPairs ? i : i - nPairs;
  const bool isFirst = i < nPairs;
  const float y = toFloat(head[isFirst ? i + nPairs : i - nPairs]);
#else
  const int pair = i / 2;
  const bool isFirst = i % 2 == 0;
  const float y = toFloat(head[i ^ 1]);
#endif
  const float2 turn = turns[pair];
  return isFirst ? x * turn.x - y * turn.y : x * turn.x + y * turn.y;
}

/**
 * `turns` is [position, nPairs]; `order` tells at which place in `qkv` each head lies, those of queries, then of keys, then
 * of values, or is null where they lie in that order; `window` is how many positions a query sees, or 0 for all.
 */
extern "C" __global__ void __launch_bounds__(32 * ATTEND_WARPS)
    attend(const half_t* qkv, half_t* keys, half_t* values, const int* position, const int* remaining,
           const float2* turns, const int* order, half_t* attended, float scale, int nPairs, int window, int capacity) {
  __shared__ float query[GROUP][HEAD_WIDTH];
  __shared__ float part[PARTS][GROUP][HEAD_WIDTH + 2];
  const int keyHead = blockIdx.x;
  const u64 row = blockIdx.y;
  // Nobody reads what is made of a row that wants nothing more.
  if (remaining[row] == 0) return;
  const int last = position[row];
  const half_t* mine = qkv + row * QKV_WIDTH;
  const auto headAt = [=](int head) { return mine + (order ? order[head] : head) * HEAD_WIDTH; };
  const half_t* newKey = headAt(N_HEADS + keyHead);
  const half_t* newValue = headAt(N_HEADS + N_KEY_HEADS + keyHead);
  const u64 cacheAt = (row * N_KEY_HEADS + keyHead) * (u64)capacity * HEAD_WIDTH;
  half_t* k = keys + cacheAt;
  half_t* v = values + cacheAt;
  const float2* turn = turns + (u64)last * nPairs;

  for (int i = threadIdx.x; i < (GROUP + 2) * HEAD_WIDTH; i += blockDim.x) {
    const int head = i / HEAD_WIDTH, at = i % HEAD_WIDTH;
    if (head < GROUP)
      query[head][at] = turned(headAt(keyHead * GROUP + head), at, turn, nPairs) * scale * (SCORE_CAP > 0 ? 1.f : LOG2_OF_E);
    else if (head == GROUP)
      k[(u64)last * HEAD_WIDTH + at] = toHalf(turned(newKey, at, turn, nPairs));
    else
      v[(u64)last * HEAD_WIDTH + at] = newValue[at];
  }
  __syncthreads();

  const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
  const int chunk = lane % LANES, which = lane / LANES;
  const bool holds = chunk < CHUNKS;
  float q[GROUP][8], sum[GROUP][8], most[GROUP], total[GROUP];
#pragma unroll
  for (int g = 0; g < GROUP; g++) {
    most[g] = -1e30f;
    total[g] = 0.f;
#pragma unroll
    for (int j = 0; j < 8; j++) {
      q[g][j] = holds ? query[g][chunk * 8 + j] : 0.f;
      sum[g][j] = 0.f;
    }
  }
  const int first = window > 0 && last >= window ? last - window + 1 : 0;
  const int laneAt = holds ? chunk * 8 : 0;
  for (int tile = first + warp * TILE; tile <= last; tile += ATTEND_WARPS * TILE) {
    uint4 kept[UNROLL], worth[UNROLL];
#pragma unroll
    for (int u = 0; u < UNROLL; u++) {
      const int p = min(tile + u * AT_ONCE + which, last);
      kept[u] = readOnce(k + (u64)p * HEAD_WIDTH + laneAt);
    }
#pragma unroll
    for (int u = 0; u < UNROLL; u++) {
      const int p = min(tile + u * AT_ONCE + which, last);
      worth[u] = readOnce(v + (u64)p * HEAD_WIDTH + laneAt);
    }
    float score[GROUP][UNROLL];
#pragma unroll
    for (int u = 0; u < UNROLL; u++) {
      const float2 a = toFloats(kept[u].x), b = toFloats(kept[u].y), c = toFloats(kept[u].z), d = toFloats(kept[u].w);
#pragma unroll
      for (int g = 0; g < GROUP; g++) {
        float s = q[g][0] * a.x + q[g][1] * a.y + q[g][2] * b.x + q[g][3] * b.y + q[g][4] * c.x + q[g][5] * c.y +
                  q[g][6] * d.x + q[g][7] * d.y;
#pragma unroll
        for (int o = LANES / 2; o > 0; o >>= 1) s += __shfl_xor_sync(0xffffffffu, s, o);
        if (SCORE_CAP > 0) s = (float)SCORE_CAP * LOG2_OF_E * tanhf(s / (float)SCORE_CAP);
        score[g][u] = tile + u * AT_ONCE + which <= last ? s : -1e38f;
      }
    }
#pragma unroll
    for (int g = 0; g < GROUP; g++) {
      float highest = most[g];
#pragma unroll
      for (int u = 0; u < UNROLL; u++) highest = fmaxf(highest, score[g][u]);
      const float shrink = exp2f(most[g] - highest);
      most[g] = highest;
      total[g] *= shrink;
#pragma unroll
      for (int j = 0; j < 8; j++) sum[g][j] *= shrink;
#pragma unroll
      for (int u = 0; u < UNROLL; u++) {
        score[g][u] = exp2f(score[g][u] - highest);
        total[g] += score[g][u];
      }
    }
#pragma unroll
    for (int u = 0; u < UNROLL; u++) {
      const float2 a = toFloats(worth[u].x), b = toFloats(worth[u].y), c = toFloats(worth[u].z), d = toFloats(worth[u].w);
#pragma unroll
      for (int g = 0; g < GROUP; g++) {
        const float p = score[g][u];
        sum[g][0] += p * a.x;
        sum[g][1] += p * a.y;
        sum[g][2] += p * b.x;
        sum[g][3] += p * b.y;
        sum[g][4] += p * c.x;
        sum[g][5] += p * c.y;
        sum[g][6] += p * d.x;
        sum[g][7] += p * d.y;
      }
    }
  }
  const int slot = warp * AT_ONCE + which;
#pragma unroll
  for (int g = 0; g < GROUP; g++) {
    if (holds) {
#pragma unroll
      for (int j = 0; j < 8; j++) part[slot][g][chunk * 8 + j] = sum[g][j];
    }
    if (chunk == 0) {
      part[slot][g][HEAD_WIDTH] = most[g];
      part[slot][g][HEAD_WIDTH + 1] = total[g];
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < GROUP * HEAD_WIDTH; i += blockDim.x) {
    const int g = i / HEAD_WIDTH, at = i % HEAD_WIDTH;
    float highest = -1e30f;
#pragma unroll
    for (int s = 0; s < PARTS; s++) highest = fmaxf(highest, part[s][g][HEAD_WIDTH]);
    float all = 0, value = 0;
#pragma unroll
    for (int s = 0; s < PARTS; s++) {
      const float w = exp2f(part[s][g][HEAD_WIDTH] - highest);
      all += w * part[s][g][HEAD_WIDTH + 1];
      value += w * part[s][g][at];
    }
    attended[row * (N_HEADS * HEAD_WIDTH) + (keyHead * GROUP + g) * HEAD_WIDTH + at] = toHalf(value / all);
  }
}

// ---------------------------------------------------------------------------------------------------------------
// The pick. A block is a row.

/** Position of the last candidate whose cumulated share, itself left out, is not above the noise. */
__device__ int pickSorted(const float* logit, const u64* items, int n, double temperature, double noise, double* mass) {
  const double top = logit[(u32)~(u32)items[0]];
  for (int i = threadIdx.x; i < n; i += blockDim.x) mass[i] = exp((logit[(u32)~(u32)items[i]] - top) / temperature);
  __syncthreads();
  __shared__ int chosen;
  if (threadIdx.x == 0) {
    double all = 0;
    for (int i = 0; i < n; i++) all += mass[i];
    double limit = noise, before = 0;
#if NUCLEUS
    double inside = 0;
    for (int i = 0; i < n && inside < TOP_P; i++) inside += mass[i] / all;
    limit = noise * inside;
#endif
    int index = 0;
    for (int i = 1; i < n; i++) {
      before += mass[i - 1] / all;
      if (before > limit) break;
      index = i;
    }
    chosen = index;
  }
  __syncthreads();
  return chosen;
}

/** The pick from the highest TOP_K logits and their nucleus, for any size of either, without sorting. */
__device__ u32 pickByBisection(const float* logit, double top, double temperature, double noise, double* sums) {
  u64 least = 0;
#if TOP_K > 1
  least = keyAtMass(logit, TOP_K, true, top, temperature, true, sums);
#endif
  double inside = massFrom(logit, least, top, temperature, false, sums);
#if NUCLEUS
  const u64 nucleus = keyAtMass(logit, TOP_P * inside, true, top, temperature, false, sums);
  if (nucleus > least) inside = massFrom(logit, nucleus, top, temperature, false, sums);
#endif
  return (u32)~(u32)keyAtMass(logit, noise * inside, false, top, temperature, false, sums);
}

/**
 * The noise of one token, as server/sampling/pick/philox.ts defines it: J. K. Salmon et al., "Parallel Random Numbers: As
 * Easy as 1, 2, 3", SC '11, table 2.
 */
__device__ double uniformAt(u64 seed, u64 sample, u32 step) {
  u32 a = (u32)sample, b = (u32)(sample >> 32), c = step, d = 0, key0 = (u32)seed, key1 = (u32)(seed >> 32);
  for (int round = 0; round < 10; round++) {
    const u64 low = (u64)0xd2511f53u * a, high = (u64)0xcd9e8d57u * c;
    a = (u32)(high >> 32) ^ b ^ key0;
    b = (u32)high;
    c = (u32)(low >> 32) ^ d ^ key1;
    d = (u32)low;
    key0 += 0x9e3779b9u;
    key1 += 0xbb67ae85u;
  }
  return ((a >> 5) * 67108864.0 + (b >> 6)) / 9007199254740992.0;
}

/** `prompts`, `picked` and `logprob` are [row, capacity]. A row is fed its prompt, and then what was picked. */
extern "C" __global__ void __launch_bounds__(PICK_THREADS)
    pick(const float* logits, const u64* samples, const int* prompts, const int* promptLengths,
         const double* temperatures, int* token, int* position, int* remaining, int* picked, float* logprob,
         const u64* seedAt, int capacity) {
  __shared__ float shared[33];
  __shared__ u64 candidates[MAX_CANDIDATES];
  __shared__ double mass[PICK_THREADS];
  __shared__ u64 best[PICK_THREADS];
  __shared__ int nCandidates;
  const u64 row = blockIdx.x;
  const float* logit = logits + row * LOGIT_STRIDE;
  if (remaining[row] == 0) return;
  const int place = position[row];
  const u64 at = row * capacity + place;
  // Tokens of the sample that stand before this one; negative while the prompt is fed.
  const int step = place + 1 - promptLengths[row];
  const double temperature = temperatures[max(step, 0)];
  const double noise = uniformAt(*seedAt, samples[row], (u32)max(step, 0));

  u64 mine = 0;
  for (int i = threadIdx.x; i < VOCABULARY; i += PICK_THREADS) {
    const u64 key = keyOf(logit[i], i);
    mine = key > mine ? key : mine;
  }
  best[threadIdx.x] = mine;
  if (threadIdx.x == 0) nCandidates = 0;
  __syncthreads();
  sortDescending(best, PICK_THREADS);
  const u64 likeliest = best[0];
  const float top = logit[(u32)~(u32)likeliest];
  float sum = 0;
  // At least TOP_K logits are not below the TOP_K-th of the threads' highest.
  const u64 least = best[TOP_K > 1 && TOP_K <= PICK_THREADS ? TOP_K - 1 : 0];
  for (int i = threadIdx.x; i < VOCABULARY; i += PICK_THREADS) {
    const float x = logit[i];
    sum += __expf(x - top);
#if TOP_K > 1 && TOP_K <= PICK_THREADS / 4
    const u64 key = keyOf(x, i);
    if (key >= least) {
      const int slot = atomicAdd(&nCandidates, 1);
      if (slot < MAX_CANDIDATES) candidates[slot] = key;
    }
#endif
  }
  const float all = blockSum(sum, shared);

#if TOP_K == 1
  const u32 choice = (u32)~(u32)likeliest;
#elif TOP_K > 1 && TOP_K <= PICK_THREADS / 4
  const int n = nCandidates;
  u32 choice;
  if (n > MAX_CANDIDATES) {
    choice = pickByBisection(logit, top, temperature, noise, mass);
  } else {
    int padded = 32;
    while (padded < n) padded <<= 1;
    for (int i = n + threadIdx.x; i < padded; i += PICK_THREADS) candidates[i] = 0;
    __syncthreads();
    sortDescending(candidates, padded);
    choice = (u32)~(u32)candidates[pickSorted(logit, candidates, TOP_K, temperature, noise, mass)];
  }
#elif TOP_K > 1 || NUCLEUS
  const u32 choice = pickByBisection(logit, top, temperature, noise, mass);
#else
  // The whole vocabulary in the order of its tokens: each thread adds up neighbours.
  constexpr int EACH = (VOCABULARY + PICK_THREADS - 1) / PICK_THREADS;
  const int from = threadIdx.x * EACH, to = min(from + EACH, VOCABULARY);
  double own = 0;
  for (int i = from; i < to; i++) own += exp((logit[i] - (double)top) / temperature);
  mass[threadIdx.x] = own;
  __syncthreads();
  __shared__ u32 found;
  if (threadIdx.x == 0) {
    double whole = 0;
    for (int i = 0; i < PICK_THREADS; i++) whole += mass[i];
    const double limit = fmin(noise, 1 - 1e-9) * whole;
    double before = 0;
    int part = 0;
    for (; part + 1 < PICK_THREADS && before + mass[part] <= limit && (part + 1) * EACH < VOCABULARY; part++) before += mass[part];
    int index = part * EACH;
    for (int i = index; i < min((part + 1) * EACH, VOCABULARY); i++) {
      if (before > limit) break;
      index = i;
      before += exp((logit[i] - (double)top) / temperature);
    }
    found = index;
  }
  __syncthreads();
  const u32 choice = found;
#endif

  if (threadIdx.x == 0) {
    picked[at] = choice;
    logprob[at] = logit[choice] - top - logf(all);
    const bool isGiven = step < 0;
    token[row] = isGiven ? prompts[row * capacity + place + 1] : choice;
    position[row] = place + 1;
    if (!isGiven) {
      int left = max(remaining[row] - 1, 0);
#define END_AT(id) if (choice == id) left = 0;
      END_TOKENS
      remaining[row] = left;
    }
  }
}
