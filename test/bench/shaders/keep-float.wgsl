// What a product is kept as: floats.

@group(0) @binding(3) var<storage, read_write> kept: array<vec4f>;

fn keep(at: u32, sums: vec4f) {
  kept[at] = sums;
}
