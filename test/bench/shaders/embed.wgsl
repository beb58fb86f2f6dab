// The residual of each row: the embedding of its token and that of its position, both halves in pairs.

@group(0) @binding(0) var<storage, read> token: array<u32>;
@group(0) @binding(1) var<storage, read> position: array<u32>;
@group(0) @binding(2) var<storage, read> tokens: array<u32>;
@group(0) @binding(3) var<storage, read> positions: array<u32>;
@group(0) @binding(4) var<storage, read_write> residual: array<vec2f>;

@compute @workgroup_size(128)
fn main(@builtin(local_invocation_index) i: u32, @builtin(workgroup_id) group: vec3<u32>) {
  let row = group.x;
  for (var c = i; c < WIDTH / 2; c += 128) {
    let ofToken = unpack2x16float(tokens[token[row] * (WIDTH / 2) + c]);
    let ofPosition = unpack2x16float(positions[position[row] * (WIDTH / 2) + c]);
    residual[row * (WIDTH / 2) + c] = ofToken + ofPosition;
  }
}
