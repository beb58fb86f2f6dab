// A product on tensor cores. A workgroup of SM × SN subgroups of 32 lanes makes a tile; each subgroup holds FM × FN
// fragments of 16 × 16 of it. Both sides are halves; sums are in 32 bits. Rows of the tiles in shared memory are eight
// halves longer than what they hold, so that fragments do not read one bank again and again. `keep` is in a file of
// its own.

enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;
diagnostic(off, chromium.subgroup_matrix_uniformity);

alias Left = subgroup_matrix_left<f16, 16, 16>;
alias Right = subgroup_matrix_right<f16, 16, 16>;
alias Sum = subgroup_matrix_result<f32, 16, 16>;

@group(0) @binding(0) var<storage, read> left: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> right: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;

const BM = SM * FM * 16;
const BN = SN * FN * 16;
const THREADS = 32 * SM * SN;
const LEFT_PITCH = BK + 8;
#if IN_OUT
const RIGHT_PITCH = BN + 8;
const RIGHT_ROWS = BK;
const RIGHT_EIGHTS = BN / 8;
#else
const RIGHT_PITCH = BK + 8;
const RIGHT_ROWS = BN;
const RIGHT_EIGHTS = BK / 8;
#end

var<workgroup> leftTile: array<vec4<f16>, BM * LEFT_PITCH / 4>;
var<workgroup> rightTile: array<vec4<f16>, RIGHT_ROWS * RIGHT_PITCH / 4>;
var<workgroup> stage: array<f32, SM * SN * 256>;

fn leftAt(x: u32, m0: u32, k0: u32) -> u32 {
  return ((m0 + x / (BK / 8)) * K + k0 + (x % (BK / 8)) * 8) / 8;
}

fn rightAt(x: u32, n0: u32, k0: u32) -> u32 {
#if IN_OUT
  return ((k0 + x / RIGHT_EIGHTS) * N + n0 + (x % RIGHT_EIGHTS) * 8) / 8;
#else
  return ((n0 + x / RIGHT_EIGHTS) * K + k0 + (x % RIGHT_EIGHTS) * 8) / 8;
#end
}

fn storeLeft(x: u32, eight: vec4<u32>) {
  let at = (x / (BK / 8) * LEFT_PITCH + (x % (BK / 8)) * 8) / 4;
  leftTile[at] = bitcast<vec4<f16>>(eight.xy);
  leftTile[at + 1] = bitcast<vec4<f16>>(eight.zw);
}

fn storeRight(x: u32, eight: vec4<u32>) {
  let at = (x / RIGHT_EIGHTS * RIGHT_PITCH + (x % RIGHT_EIGHTS) * 8) / 4;
  rightTile[at] = bitcast<vec4<f16>>(eight.xy);
  rightTile[at + 1] = bitcast<vec4<f16>>(eight.zw);
}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(local_invocation_index) i: u32,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let m0 = group.x * BM;
  let n0 = group.y * BN;
  let row0 = (subgroup / SN) * (FM * 16);
  let column0 = (subgroup % SN) * (FN * 16);
  var nextLeft: array<vec4<u32>, LEFT_LOADS>;
  var nextRight: array<vec4<u32>, RIGHT_LOADS>;
#each x FM
#each y FN
  var sum$x_$y = Sum();
#end
#end
  var k0 = 0u;
#each l LEFT_LOADS
  nextLeft[$l] = left[leftAt(i + $l * THREADS, m0, k0)];
#end
#each l RIGHT_LOADS
  nextRight[$l] = right[rightAt(i + $l * THREADS, n0, k0)];
#end
  loop {
    workgroupBarrier();
#each l LEFT_LOADS
    storeLeft(i + $l * THREADS, nextLeft[$l]);
#end
#each l RIGHT_LOADS
    storeRight(i + $l * THREADS, nextRight[$l]);
#end
    workgroupBarrier();
    k0 += BK;
    if (k0 < K) {
#each l LEFT_LOADS
      nextLeft[$l] = left[leftAt(i + $l * THREADS, m0, k0)];
#end
#each l RIGHT_LOADS
      nextRight[$l] = right[rightAt(i + $l * THREADS, n0, k0)];
#end
    }
    // Places and pitches are told in the tiles' own elements, which are four halves.
#each s K_FRAGMENTS
    {
#each x FM
      let a$x = subgroupMatrixLoad<Left, row_major>(&leftTile, ((row0 + $x * 16) * LEFT_PITCH + $s * 16) / 4, LEFT_PITCH / 4);
#end
#each y FN
#if IN_OUT
      let b$y = subgroupMatrixLoad<Right, row_major>(&rightTile, ($s * 16 * RIGHT_PITCH + column0 + $y * 16) / 4, RIGHT_PITCH / 4);
#else
      let b$y = subgroupMatrixLoad<Right, col_major>(&rightTile, ((column0 + $y * 16) * RIGHT_PITCH + $s * 16) / 4, RIGHT_PITCH / 4);
#end
#end
#each x FM
#each y FN
      sum$x_$y = subgroupMatrixMultiplyAccumulate(a$x, b$y, sum$x_$y);
#end
#end
    }
#end
    if (k0 >= K) { break; }
  }
#each x FM
#each y FN
  // Which lane holds what of a fragment is the driver's secret: it goes through shared memory.
  subgroupMatrixStore<row_major>(&stage, subgroup * 256, sum$x_$y, 16);
  workgroupBarrier();
  for (var e = 0u; e < 2; e++) {
    let at = (lane + 32 * e) * 4;
    let from0 = subgroup * 256 + at;
    let four = vec4f(stage[from0], stage[from0 + 1], stage[from0 + 2], stage[from0 + 3]);
    let column = (n0 + column0 + $y * 16 + at % 16) / 4;
    keep((m0 + row0 + $x * 16 + at / 16) * (N / 4) + column, four + bias[column]);
  }
  workgroupBarrier();
#end
#end
}
