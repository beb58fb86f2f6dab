// The norm of each row: mean and variance in 32 bits, the row itself kept in registers, and halves in pairs as what
// the next product reads.

@group(0) @binding(0) var<storage, read> residual: array<f32>;
@group(0) @binding(1) var<storage, read> scale: array<f32>;
@group(0) @binding(2) var<storage, read> shift: array<f32>;
@group(0) @binding(3) var<storage, read_write> normed: array<u32>;

const THREADS = 128;
const PAIRS = (WIDTH / 2 + THREADS - 1) / THREADS;

var<workgroup> sums: array<f32, THREADS>;

fn total(x: f32, i: u32) -> f32 {
  workgroupBarrier();
  sums[i] = x;
  workgroupBarrier();
  for (var half = THREADS / 2u; half > 0; half >>= 1) {
    if (i < half) { sums[i] += sums[i + half]; }
    workgroupBarrier();
  }
  return sums[0];
}

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) i: u32, @builtin(workgroup_id) group: vec3<u32>) {
  let at = group.x * WIDTH;
  var pairs: array<vec2f, PAIRS>;
  var sum = 0.0;
  for (var k = 0u; k < PAIRS; k++) {
    let c = 2 * (i + k * THREADS);
    if (c < WIDTH) {
      pairs[k] = vec2f(residual[at + c], residual[at + c + 1]);
      sum += pairs[k].x + pairs[k].y;
    }
  }
  let mean = total(sum, i) / f32(WIDTH);
  var squares = 0.0;
  for (var k = 0u; k < PAIRS; k++) {
    if (2 * (i + k * THREADS) < WIDTH) {
      let off = pairs[k] - mean;
      squares += dot(off, off);
    }
  }
  let by = inverseSqrt(total(squares, i) / f32(WIDTH) + 1e-5);
  for (var k = 0u; k < PAIRS; k++) {
    let c = 2 * (i + k * THREADS);
    if (c < WIDTH) {
      let y = (pairs[k] - mean) * by * vec2f(scale[c], scale[c + 1]) + vec2f(shift[c], shift[c + 1]);
      normed[(at + c) / 2] = pack2x16float(clamp(y, vec2f(-65504), vec2f(65504)));
    }
  }
}
