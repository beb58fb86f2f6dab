// A product in 32 bits. A workgroup makes a tile of BM × BN, and each of its threads TM × TN numbers of it in registers:
// fours of rows and columns that lie apart, so that neighbouring threads read neighbouring words. Both sides come as
// halves, eight to a vec4<u32>, and lie in shared memory as floats with the summed dimension outside. The next tiles
// are read from memory while these are multiplied. `keep` is in a file of its own.

@group(0) @binding(0) var<storage, read> left: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> right: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;

const THREADS = (BM / TM) * (BN / TN);
const ACROSS = BN / TN;
const EIGHTS = BK / 8;

var<workgroup> leftTile: array<vec4f, BK * BM / 4>;
var<workgroup> rightTile: array<vec4f, BK * BN / 4>;

fn leftAt(x: u32, m0: u32, k0: u32) -> u32 {
  return ((m0 + x / EIGHTS) * K + k0 + (x % EIGHTS) * 8) / 8;
}

fn rightAt(x: u32, n0: u32, k0: u32) -> u32 {
#if IN_OUT
  return ((k0 + x / (BN / 8)) * N + n0 + (x % (BN / 8)) * 8) / 8;
#else
  return ((n0 + x / EIGHTS) * K + k0 + (x % EIGHTS) * 8) / 8;
#end
}

fn storeLeft(x: u32, eight: vec4<u32>) {
  let row = x / EIGHTS;
  let k = (x % EIGHTS) * 8;
#each j 4
  { let two = unpack2x16float(eight[$j]);
    leftTile[(k + 2 * $j) * (BM / 4) + row / 4][row % 4] = two.x;
    leftTile[(k + 2 * $j + 1) * (BM / 4) + row / 4][row % 4] = two.y; }
#end
}

fn storeRight(x: u32, eight: vec4<u32>) {
#if IN_OUT
  let at = x / (BN / 8) * (BN / 4) + (x % (BN / 8)) * 2;
  rightTile[at] = vec4f(unpack2x16float(eight.x), unpack2x16float(eight.y));
  rightTile[at + 1] = vec4f(unpack2x16float(eight.z), unpack2x16float(eight.w));
#else
  let column = x / EIGHTS;
  let k = (x % EIGHTS) * 8;
#each j 4
  { let two = unpack2x16float(eight[$j]);
    rightTile[(k + 2 * $j) * (BN / 4) + column / 4][column % 4] = two.x;
    rightTile[(k + 2 * $j + 1) * (BN / 4) + column / 4][column % 4] = two.y; }
#end
#end
}

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) i: u32, @builtin(workgroup_id) group: vec3<u32>) {
  let m0 = group.x * BM;
  let n0 = group.y * BN;
  let across = i % ACROSS;
  let down = i / ACROSS;
#each p ROW_FOURS
#each q 4
#each j COLUMN_FOURS
  var sum$p_$q_$j = vec4f();
#end
#end
#end
  var nextLeft: array<vec4<u32>, LEFT_LOADS>;
  var nextRight: array<vec4<u32>, RIGHT_LOADS>;
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
    for (var k = 0u; k < BK; k++) {
#each p ROW_FOURS
      let a$p = leftTile[k * (BM / 4) + $p * (BM / 4 / ROW_FOURS) + down];
#end
#each j COLUMN_FOURS
      let b$j = rightTile[k * (BN / 4) + $j * (BN / 4 / COLUMN_FOURS) + across];
#end
#each p ROW_FOURS
#each q 4
#each j COLUMN_FOURS
      sum$p_$q_$j = fma(vec4f(a$p[$q]), b$j, sum$p_$q_$j);
#end
#end
#end
    }
    if (k0 >= K) { break; }
  }
#each j COLUMN_FOURS
  let column$j = n0 / 4 + $j * (BN / 4 / COLUMN_FOURS) + across;
  let bias$j = bias[column$j];
#end
#each p ROW_FOURS
#each q 4
#each j COLUMN_FOURS
  keep((m0 + $p * (BM / ROW_FOURS) + down * 4 + $q) * (N / 4) + column$j, sum$p_$q_$j + bias$j);
#end
#end
#end
}
