// What a product is kept as: halves. More than a half can hold becomes the most that it can.

@group(0) @binding(3) var<storage, read_write> kept: array<vec2<u32>>;

fn keep(at: u32, sums: vec4f) {
  let y = clamp(sums, vec4f(-65504), vec4f(65504));
  kept[at] = vec2<u32>(pack2x16float(y.xy), pack2x16float(y.zw));
}
