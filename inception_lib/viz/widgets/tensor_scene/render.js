/**
 * Drawing in WebGL2 and nothing else: a list of solids, lines and shadows in, a picture out.
 *
 *   const gl = renderer(canvas)          null where there is no WebGL2
 *   gl.faces(atlas, photo)               images for the faces
 *   gl.scene({ solids, lines, floor })   what is there; kept until the next call
 *   gl.draw(view, size, colours, fine)   one frame; fine ones with smooth outlines, for a picture at rest
 *
 * A solid: { at, size, rgb, tile: [x, y, w, h] | null, photo, cells: [columns, rows], window: [4] | null, ghost, picked }.
 * Everything is one instanced call for shadows, one for solids, one for lines.
 */

import { viridis } from "#kit";

const COMMON = `#version 300 es
precision highp float;
uniform vec3 eye, right, up, forward;
uniform vec4 lens; // focal length, aspect, pixels across, pixels down
vec4 place(vec3 p) {
  vec3 v = p - eye;
  float z = dot(v, forward);
  return vec4(lens.x / lens.y * dot(v, right), lens.x * dot(v, up), 1.0002 * z - 4.0, z);
}`;

const SOLID_V = `${COMMON}
layout(location=0) in vec3 corner;
layout(location=1) in vec3 normal;
layout(location=2) in vec3 at;
layout(location=3) in vec3 size;
layout(location=4) in vec4 colour; // a: ghost
layout(location=5) in vec4 tile;   // w < 0: none
layout(location=6) in vec4 cells;  // columns, rows, photo, picked
layout(location=7) in vec4 seen;   // rows and columns of the window, first < 0: none
out vec3 local;
flat out vec3 half_, face;
flat out vec4 tint, patch_, grid, window_;
out float deep, high;
void main() {
  half_ = size * 0.5; face = normal; tint = colour; patch_ = tile; grid = cells; window_ = seen;
  local = corner * half_;
  vec3 p = at + local;
  high = p.y;
  gl_Position = place(p);
  deep = gl_Position.w;
}`;

const SOLID_F = `#version 300 es
precision highp float;
in vec3 local;
flat in vec3 half_, face;
flat in vec4 tint, patch_, grid, window_;
in float deep, high;
uniform sampler2D atlas, photo, ramp;
uniform vec3 paper, ink, accent;
uniform vec2 range; // where the haze begins and ends
uniform float dark;
out vec4 result;
void main() {
  // Coordinates on the face, and how far they go.
  vec2 p, h;
  if (abs(face.x) > 0.5) { p = local.zy; h = half_.zy; }
  else if (face.y > 0.5) { p = local.xz; h = half_.xz; }
  else { p = local.xy; h = half_.xy; }
  vec2 pixel = max(fwidth(p), vec2(1e-5));
  vec3 c = tint.rgb;
  bool front = face.x < -0.5;
  // Light from above, from the left behind the reader.
  float light = face.y > 0.5 ? 1.0 : front ? 0.9 : 0.8;
  if (face.y > 0.5) c = mix(c, vec3(1.0), 0.22);
  c *= mix(light, light * 0.88, dark);
  vec2 uv = vec2(p.x / h.x, -p.y / h.y) * 0.5 + 0.5;
  if (front && patch_.w > 0.0) {
    vec2 at = patch_.xy + clamp(uv * patch_.zw, vec2(0.5), patch_.zw - 0.5);
    c = grid.z > 0.5 ? texture(photo, uv).rgb : texture(ramp, vec2(texture(atlas, at / vec2(textureSize(atlas, 0))).r, 0.5)).rgb;
  } else {
    // A shade towards the floor.
    c *= mix(0.86, 1.0, smoothstep(0.0, 12.0 + half_.y * 0.5, high));
  }
  if (front) {
    // Cells, once they are large enough to be told apart.
    vec2 cell = uv * grid.xy, wide = max(fwidth(cell), vec2(1e-5));
    vec2 line = abs(fract(cell - 0.5) - 0.5) / wide;
    float shown = smoothstep(0.22, 0.1, max(wide.x, wide.y));
    c = mix(c, c * 0.72, (1.0 - smoothstep(0.3, 1.1, min(line.x, line.y))) * shown);
    if (window_.x > -0.5) {
      vec2 low = window_.zx, top = window_.wy + 1.0;
      bool inside = all(greaterThan(cell, low)) && all(lessThan(cell, top));
      vec2 away = max(low - cell, cell - top) / wide;
      float edge = max(away.x, away.y);
      if (!inside) c = mix(c, mix(paper, ink, 0.25), 0.62);
      c = mix(c, vec3(0.08), (1.0 - smoothstep(2.0, 3.4, abs(edge))) * 0.75);
      c = mix(c, vec3(1.0), 1.0 - smoothstep(0.9, 2.0, abs(edge)));
    }
  }
  vec2 rim = (h - abs(p)) / pixel;
  float border = 1.0 - smoothstep(0.3, 1.4, min(rim.x, rim.y));
  // A line of one pixel would eat a face that is only a few pixels wide.
  c = mix(c, mix(c * 0.45, ink, 0.2), border * clamp(min(h.x / pixel.x, h.y / pixel.y) / 9.0, 0.12, 0.75));
  if (grid.w > 0.5) {
    float thick = 1.0 - smoothstep(2.0, 3.2, min(rim.x, rim.y));
    c = mix(c, accent, thick * clamp(min(h.x / pixel.x, h.y / pixel.y) / 9.0, 0.35, 1.0));
  }
  float haze = clamp((deep - range.x) / (range.y - range.x), 0.0, 1.0);
  c = mix(c, paper, 0.34 * haze);
  c = mix(c, paper, tint.a);
  result = vec4(c, 1.0);
}`;

const FLOOR_V = `${COMMON}
layout(location=0) in vec2 corner;
layout(location=1) in vec4 rect;  // x, z, half sides
layout(location=2) in vec2 soft;  // reach of the shadow, strength
out vec2 p;
flat out vec4 r;
flat out vec2 s;
void main() {
  r = rect; s = soft;
  p = corner * (rect.zw + soft.x);
  gl_Position = place(vec3(rect.x + p.x, 0.0, rect.y + p.y));
}`;

const FLOOR_F = `#version 300 es
precision highp float;
in vec2 p;
flat in vec4 r;
flat in vec2 s;
uniform vec3 shade;
out vec4 result;
void main() {
  float d = length(max(abs(p) - r.zw, 0.0)) / s.x;
  float k = clamp(1.0 - d, 0.0, 1.0);
  result = vec4(shade, s.y * k * k);
}`;

const LINE_V = `${COMMON}
layout(location=0) in vec2 corner;
layout(location=1) in vec3 a;
layout(location=2) in vec3 b;
layout(location=3) in vec4 colour;
layout(location=4) in float wide;
out vec4 tint;
out float across;
flat out float half_;
void main() {
  vec4 pa = place(a), pb = place(b);
  vec2 along = (pb.xy / pb.w - pa.xy / pa.w) * lens.zw;
  vec2 side = normalize(vec2(-along.y, along.x) + 1e-6);
  vec4 p = corner.x < 0.5 ? pa : pb;
  half_ = wide * 0.5;
  across = corner.y * (half_ + 1.0);
  p.xy += side * across * 2.0 / lens.zw * p.w;
  p.z -= 0.002 * p.w;
  gl_Position = p;
  tint = colour;
}`;

const LINE_F = `#version 300 es
precision highp float;
in vec4 tint;
in float across;
flat in float half_;
out vec4 result;
void main() {
  result = vec4(tint.rgb, tint.a * clamp(half_ + 0.5 - abs(across), 0.0, 1.0));
}`;

/** A box without its far end, its floor and its back, which are never seen from where the reader can stand. */
function cube() {
  const faces = [];
  for (const axis of [0, 1, 2]) {
    for (const sign of [-1, 1]) {
      if (axis === 1 && sign < 0) continue;
      const [u, v] = [(axis + 1) % 3, (axis + 2) % 3];
      for (const [a, b] of [[-1, -1], [1, -1], [1, 1], [-1, -1], [1, 1], [-1, 1]]) {
        const corner = [0, 0, 0];
        corner[axis] = sign;
        // Counter-clockwise as seen from outside.
        corner[u] = sign > 0 ? a : b;
        corner[v] = sign > 0 ? b : a;
        const normal = [0, 0, 0];
        normal[axis] = sign;
        faces.push(...corner, ...normal);
      }
    }
  }
  return new Float32Array(faces);
}

const SIZES = { floor: 6, solids: 22, lines: 11, sketch: 11 }; // numbers of one instance
const QUAD = new Float32Array([-1, -1, 1, -1, 1, 1, -1, -1, 1, 1, -1, 1]);
const STRIP = new Float32Array([0, -1, 1, -1, 1, 1, 0, -1, 1, 1, 0, 1]);

export function renderer(canvas) {
  const gl = canvas.getContext("webgl2", { antialias: false, alpha: false, powerPreference: "low-power" });
  if (!gl) return null;
  let parts;
  let textures;
  let pictures = [null, null];
  let held = [null, null]; // what the textures hold of them
  let content = { solids: [], lines: [], floor: [] };
  let smooth = null; // the buffers of a fine picture
  let order = new Float32Array(0); // the numbers of the solids, and the same from near to far
  let sorted = order;

  function program(vertex, fragment) {
    const made = gl.createProgram();
    for (const [type, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
      const shader = gl.createShader(type);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(made, shader);
    }
    gl.linkProgram(made);
    if (!gl.getProgramParameter(made, gl.LINK_STATUS) && !gl.isContextLost()) {
      throw new Error(gl.getProgramInfoLog(made) || "the shaders do not link");
    }
    const uniforms = {};
    for (let i = 0; i < gl.getProgramParameter(made, gl.ACTIVE_UNIFORMS); i++) {
      const { name } = gl.getActiveUniform(made, i);
      uniforms[name] = gl.getUniformLocation(made, name);
    }
    return { made, uniforms };
  }

  /** A shape with its own corners, and what differs from one of them to the next. */
  function part(vertex, fragment, shape, shapeSizes, sizes) {
    const array = gl.createVertexArray();
    gl.bindVertexArray(array);
    const buffer = (data) => {
      const made = gl.createBuffer();
      gl.bindBuffer(gl.ARRAY_BUFFER, made);
      if (data) gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
      return made;
    };
    const point = (list, first, divisor) => {
      const stride = list.reduce((a, b) => a + b) * 4;
      let offset = 0;
      list.forEach((n, k) => {
        gl.enableVertexAttribArray(first + k);
        gl.vertexAttribPointer(first + k, n, gl.FLOAT, false, stride, offset);
        gl.vertexAttribDivisor(first + k, divisor);
        offset += n * 4;
      });
    };
    buffer(shape);
    point(shapeSizes, 0, 0);
    const each = buffer(null);
    point(sizes, shapeSizes.length, 1);
    const corners = shape.length / shapeSizes.reduce((a, b) => a + b);
    return { ...program(vertex, fragment), array, each, corners, count: 0 };
  }

  function texture(unit, filter) {
    const made = gl.createTexture();
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, made);
    for (const [name, value] of [
      [gl.TEXTURE_MIN_FILTER, gl.LINEAR], [gl.TEXTURE_MAG_FILTER, filter],
      [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE], [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
    ]) gl.texParameteri(gl.TEXTURE_2D, name, value);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 1, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    return made;
  }

  function start() {
    smooth = null;
    parts = {
      floor: part(FLOOR_V, FLOOR_F, QUAD, [2], [4, 2]),
      solids: part(SOLID_V, SOLID_F, cube(), [3, 3], [3, 3, 4, 4, 4, 4]),
      lines: part(LINE_V, LINE_F, STRIP, [2], [3, 3, 4, 1]),
      sketch: part(LINE_V, LINE_F, STRIP, [2], [3, 3, 4, 1]),
    };
    textures = [texture(0, gl.NEAREST), texture(1, gl.LINEAR), texture(2, gl.LINEAR)];
    const ramp = new Uint8Array(Array.from({ length: 256 }, (_, i) => [...viridis(i / 255), 255]).flat());
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, ramp);
    held = [null, null];
    faces(...pictures);
    scene(content);
  }

  /** Pictures for the faces: one grey atlas of maps, one photograph; null for none. */
  function faces(...given) {
    pictures = given;
    given.forEach((image, unit) => {
      // A picture is sent once: with each step of a drag it would take longer than the drawing.
      if (!image || image === held[unit] || gl.isContextLost()) return;
      held[unit] = image;
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, textures[unit]);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, image);
    });
  }

  const segments = (lines) => lines.flatMap((l) =>
    l.points.slice(1).flatMap((p, k) => [...l.points[k], ...p, ...l.rgba, l.width]));

  function scene(next) {
    content = next;
    if (gl.isContextLost()) return;
    const none = [-1, -1, -1, -1];
    const data = {
      floor: next.floor.flatMap((f) => [...f.rect, f.reach, f.strength]),
      solids: next.solids.flatMap((s) => [
        ...s.at, ...s.size, ...s.rgb, s.ghost, ...(s.tile ?? none), ...s.cells, s.photo ? 1 : 0, s.picked ? 1 : 0,
        ...(s.window ?? none),
      ]),
      lines: segments(next.lines),
      // In a movement, with a third of the bends: many short pieces are what takes long by the processor.
      sketch: segments(next.lines.map((l) => ({
        ...l, points: l.points.filter((_, k, all) => k % 3 === 0 || k === all.length - 1),
      }))),
    };
    for (const [name, numbers] of Object.entries(data)) {
      gl.bindBuffer(gl.ARRAY_BUFFER, parts[name].each);
      gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(numbers), gl.DYNAMIC_DRAW);
      parts[name].count = numbers.length / SIZES[name];
    }
    order = new Float32Array(data.solids);
    sorted = new Float32Array(order.length);
  }

  /** The nearest first, so that what is hidden costs nothing. */
  function sort({ eye }) {
    const n = SIZES.solids;
    const far = content.solids.map(({ at }, k) => [k, Math.hypot(at[0] - eye[0], at[1] - eye[1], at[2] - eye[2])]);
    far.sort((a, b) => a[1] - b[1]).forEach(([k], place) => sorted.set(order.subarray(k * n, (k + 1) * n), place * n));
    gl.bindBuffer(gl.ARRAY_BUFFER, parts.solids.each);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, sorted);
  }

  /** Buffers with four samples a pixel, and one to gather them in. */
  function smoothing() {
    const { width, height } = canvas;
    if (smooth?.width === width && smooth.height === height) return smooth;
    smooth?.all.forEach(([kind, made]) => gl[`delete${kind}`](made));
    const all = [];
    const target = (samples) => {
      const frame = gl.createFramebuffer();
      gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
      all.push(["Framebuffer", frame]);
      const kinds = [[gl.RGBA8, gl.COLOR_ATTACHMENT0], [gl.DEPTH_COMPONENT24, gl.DEPTH_ATTACHMENT]];
      for (const [kind, at] of samples ? kinds : kinds.slice(0, 1)) {
        const store = gl.createRenderbuffer();
        gl.bindRenderbuffer(gl.RENDERBUFFER, store);
        gl.renderbufferStorageMultisample(gl.RENDERBUFFER, samples, kind, width, height);
        gl.framebufferRenderbuffer(gl.FRAMEBUFFER, at, gl.RENDERBUFFER, store);
        all.push(["Renderbuffer", store]);
      }
      return frame;
    };
    smooth = { width, height, many: target(4), one: target(0), all };
    return smooth;
  }

  function draw(view, [width, height], { paper, ink, accent, dark, range }, fine) {
    if (gl.isContextLost()) return;
    const target = fine ? smoothing() : null;
    gl.bindFramebuffer(gl.FRAMEBUFFER, target?.many ?? null);
    sort(view);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(...paper, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    const pass = (name, uniforms = {}) => {
      const { made, uniforms: at, array, corners, count } = parts[name];
      if (!count) return;
      gl.useProgram(made);
      gl.bindVertexArray(array);
      const all = {
        eye: view.eye, right: view.right, up: view.up, forward: view.forward,
        lens: [view.lens, width / height, canvas.width, canvas.height], ...uniforms,
      };
      for (const [key, value] of Object.entries(all)) {
        if (!at[key]) continue;
        if (typeof value === "number") gl.uniform1f(at[key], value);
        else gl[`uniform${value.length}f`](at[key], ...value);
      }
      ["atlas", "photo", "ramp"].forEach((key, unit) => at[key] && gl.uniform1i(at[key], unit));
      gl.drawArraysInstanced(gl.TRIANGLES, 0, corners, count);
    };
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    gl.disable(gl.DEPTH_TEST);
    pass("floor", { shade: dark ? [0, 0, 0] : ink });
    gl.enable(gl.DEPTH_TEST);
    gl.enable(gl.CULL_FACE);
    gl.disable(gl.BLEND);
    pass("solids", { paper, ink, accent, range, dark: dark ? 1 : 0 });
    gl.disable(gl.CULL_FACE);
    gl.enable(gl.BLEND);
    gl.depthMask(false);
    pass(fine ? "lines" : "sketch");
    gl.depthMask(true);
    if (!target) return;
    const all = [0, 0, canvas.width, canvas.height];
    for (const [from, to] of [[target.many, target.one], [target.one, null]]) {
      gl.bindFramebuffer(gl.READ_FRAMEBUFFER, from);
      gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, to);
      gl.blitFramebuffer(...all, ...all, gl.COLOR_BUFFER_BIT, gl.NEAREST);
    }
  }

  start();
  return {
    faces, scene, draw, restore: start,
    end: () => gl.getExtension("WEBGL_lose_context")?.loseContext(),
  };
}
