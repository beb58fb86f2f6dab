// What a product is kept as: halves, after GPT-2's activation (GELU by a tangent).

@group(0) @binding(3) var<storage, read_write> kept: array<vec2<u32>>;

fn keep(at: u32, x: vec4f) {
  let y = x / (1 + exp(-2 * 0.7978845608028654 * (x + 0.044715 * x * x * x)));
  kept[at] = vec2<u32>(pack2x16float(y.xy), pack2x16float(y.zw));
}
