// Attention of one new position a row, in one pass over the cache (online softmax). A workgroup is a row and a head of
// 64 values. LANES neighbouring lanes hold a position, VECTORS times eight halves each, and a thread keeps UNROLLED
// positions on their way from memory at once. The new key and value are written to the cache on the way.

enable subgroups;

@group(0) @binding(0) var<storage, read> qkv: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> keys: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> values: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> position: array<u32>;
@group(0) @binding(4) var<storage, read_write> attended: array<u32>;

const GROUPS = THREADS / LANES;
/** 64 sums of a group of lanes, its highest score and its total. */
const PART = 66;
/** One over the root of 64, for exponentials of two. */
const FACTOR = 0.125 * 1.4426950408889634;

var<workgroup> parts: array<f32, GROUPS * PART>;

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) i: u32, @builtin(workgroup_id) workgroup: vec3<u32>) {
  let head = workgroup.x;
  let row = workgroup.y;
  let last = position[row];
  let lane = i % LANES;
  let group = i / LANES;
  let mine = row * (3 * HEADS * 8) + head * 8 + lane;
  let at = (row * HEADS + head) * (CAPACITY * 8) + lane;
#each c VECTORS
  let newKey$c = qkv[mine + HEADS * 8 + $c * LANES];
  let newValue$c = qkv[mine + 2 * HEADS * 8 + $c * LANES];
  if (group == 0) {
    keys[at + last * 8 + $c * LANES] = newKey$c;
    values[at + last * 8 + $c * LANES] = newValue$c;
  }
  let query$c = qkv[mine + $c * LANES];
#each j 4
  let q$c_$j = unpack2x16float(query$c[$j]) * FACTOR;
#end
  var low$c = vec4f();
  var high$c = vec4f();
#end
  var most = -1e30;
  var total = 0.0;
  for (var tile = 0u; tile <= last; tile += GROUPS * UNROLLED) {
#each u UNROLLED
    let p$u = tile + $u * GROUPS + group;
    let place$u = at + min(p$u, last) * 8;
#each c VECTORS
    var k$u_$c = keys[place$u + $c * LANES];
    var v$u_$c = values[place$u + $c * LANES];
#end
#end
#each u UNROLLED
    var s$u = 0.0;
#each c VECTORS
    if (p$u == last) { k$u_$c = newKey$c; v$u_$c = newValue$c; }
#each j 4
    s$u += dot(q$c_$j, unpack2x16float(k$u_$c[$j]));
#end
#end
#if EIGHT_LANES
    s$u += subgroupShuffleXor(s$u, 4);
#end
    s$u += subgroupShuffleXor(s$u, 2);
    s$u += subgroupShuffleXor(s$u, 1);
    s$u = select(-1e38, s$u, p$u <= last);
#end
    var top = most;
#each u UNROLLED
    top = max(top, s$u);
#end
    let shrink = exp2(most - top);
    most = top;
    total *= shrink;
#each c VECTORS
    low$c *= shrink;
    high$c *= shrink;
#end
#each u UNROLLED
    { let weight = exp2(s$u - top);
      total += weight;
#each c VECTORS
      low$c = fma(vec4f(weight), vec4f(unpack2x16float(v$u_$c.x), unpack2x16float(v$u_$c.y)), low$c);
      high$c = fma(vec4f(weight), vec4f(unpack2x16float(v$u_$c.z), unpack2x16float(v$u_$c.w)), high$c);
#end
    }
#end
  }
#each c VECTORS
  for (var j = 0u; j < 4; j++) {
    parts[group * PART + (lane + $c * LANES) * 8 + j] = low$c[j];
    parts[group * PART + (lane + $c * LANES) * 8 + 4 + j] = high$c[j];
  }
#end
  if (lane == 0) {
    parts[group * PART + 64] = most;
    parts[group * PART + 65] = total;
  }
  workgroupBarrier();
  if (i < 32) {
    var top = -1e30;
    for (var g = 0u; g < GROUPS; g++) { top = max(top, parts[g * PART + 64]); }
    var all = 0.0;
    var sum = vec2f();
    for (var g = 0u; g < GROUPS; g++) {
      let weight = exp2(parts[g * PART + 64] - top);
      all += weight * parts[g * PART + 65];
      sum += weight * vec2f(parts[g * PART + 2 * i], parts[g * PART + 2 * i + 1]);
    }
    attended[row * (HEADS * 32) + head * 32 + i] = pack2x16float(sum / all);
  }
}
