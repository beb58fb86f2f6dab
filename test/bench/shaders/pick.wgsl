// The pick of each row: the TOP_K highest logits, the first of them at which their cumulated probability exceeds MASS,
// and its log-probability among all. Two passes over the logits: the TOP_K highest of the threads' own maxima bound
// from below what has to be sorted, so that a few hundred remain. Equal logits stand by token.

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read_write> token: array<u32>;
@group(0) @binding(2) var<storage, read_write> logprob: array<f32>;

const THREADS = 256;
const MOST = 1024;

var<workgroup> maxima: array<u32, THREADS>;
var<workgroup> sums: array<f32, THREADS>;
/** The logit's order and the token's complement: both sort downwards. */
var<workgroup> candidates: array<vec2<u32>, MOST>;
var<workgroup> nCandidates: atomic<u32>;

/** Whole numbers stand in the order of the floats that they are made of. */
fn orderOf(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  return select(bits | 0x80000000u, ~bits, (bits & 0x80000000u) != 0);
}

fn floatOf(order: u32) -> f32 {
  return bitcast<f32>(select(~order, order & 0x7fffffffu, (order & 0x80000000u) != 0));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) i: u32, @builtin(workgroup_id) group: vec3<u32>) {
  let at = group.x * VOCABULARY;
  var highest = 0u;
  for (var j = i; j < VOCABULARY; j += THREADS) { highest = max(highest, orderOf(logits[at + j])); }
  maxima[i] = highest;
  if (i == 0) { atomicStore(&nCandidates, 0u); }
  workgroupBarrier();
  // Bitonic, downwards.
  for (var size = 2u; size <= THREADS; size <<= 1) {
    for (var stride = size >> 1; stride > 0; stride >>= 1) {
      let other = i ^ stride;
      if (other > i) {
        let a = maxima[i];
        let b = maxima[other];
        if ((a < b) == ((i & size) == 0)) { maxima[i] = b; maxima[other] = a; }
      }
      workgroupBarrier();
    }
  }
  let top = floatOf(maxima[0]);
  let least = maxima[TOP_K - 1];
  var sum = 0.0;
  for (var j = i; j < VOCABULARY; j += THREADS) {
    let x = logits[at + j];
    sum += exp(x - top);
    if (orderOf(x) >= least) {
      let slot = atomicAdd(&nCandidates, 1u);
      if (slot < MOST) { candidates[slot] = vec2<u32>(orderOf(x), ~j); }
    }
  }
  sums[i] = sum;
  workgroupBarrier();
  for (var half = THREADS / 2u; half > 0; half >>= 1) {
    if (i < half) { sums[i] += sums[i + half]; }
    workgroupBarrier();
  }
  let n = min(workgroupUniformLoad(&nCandidates), MOST);
  var padded = 64u;
  while (padded < n) { padded <<= 1; }
  for (var j = i + n; j < padded; j += THREADS) { candidates[j] = vec2<u32>(0); }
  workgroupBarrier();
  for (var size = 2u; size <= padded; size <<= 1) {
    for (var stride = size >> 1; stride > 0; stride >>= 1) {
      for (var x = i; x < padded; x += THREADS) {
        let other = x ^ stride;
        if (other > x) {
          let a = candidates[x];
          let b = candidates[other];
          let isLess = a.x < b.x || (a.x == b.x && a.y < b.y);
          if (isLess == ((x & size) == 0)) { candidates[x] = b; candidates[other] = a; }
        }
      }
      workgroupBarrier();
    }
  }
  if (i == 0) {
    var all = 0.0;
    for (var j = 0u; j < TOP_K; j++) { all += exp(floatOf(candidates[j].x) - top); }
    var before = 0.0;
    var chosen = 0u;
    for (var j = 1u; j < TOP_K; j++) {
      before += exp(floatOf(candidates[j - 1].x) - top) / all;
      if (before > MASS) { break; }
      chosen = j;
    }
    token[group.x] = ~candidates[chosen].y;
    logprob[group.x] = floatOf(candidates[chosen].x) - top - log(sums[0]);
  }
}
