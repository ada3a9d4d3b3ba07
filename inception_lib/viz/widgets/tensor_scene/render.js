/**
 * Drawing in WebGL2 and nothing else: a list of solids, lines and shadows in, a picture out.
 *
 *   const gl = renderer(canvas)          null where there is no WebGL2
 *   gl.faces(atlas, photo)               images for the faces
 *   gl.scene({ solids, lines, floor })   what is there; kept until the next call
 *   gl.draw(view, size, colours, fine)   one frame; fine ones with smooth outlines, for a picture at rest
 *
 * A solid: { at, size, rgb, tile: [x, y, w, h] | null, photo, cells: [columns, rows], window: [4] | null, ghost, picked }.
 * One call for shadows, one for solids, one for lines. None is instanced: where the processor draws, each instance
 * takes as long as a call of its own.
 */

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
  // Of two opposite faces the one towards the eye; the other, and the floor of a box, are never seen.
  vec3 towards = vec3(eye.x < at.x ? -1.0 : 1.0, 1.0, eye.z < at.z ? -1.0 : 1.0);
  half_ = size * 0.5; face = normal * towards; tint = colour; patch_ = tile; grid = cells; window_ = seen;
  local = corner * towards * half_;
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
uniform sampler2D atlas, photo;
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
    c = grid.z > 0.5 ? texture(photo, uv).rgb : texture(atlas, at / vec2(textureSize(atlas, 0))).rgb;
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

// What is drawn again and again: its corners, each a list of numbers, and its triangles.
const SQUARE = [0, 1, 2, 0, 2, 3];
const QUAD = { corners: [[-1, -1], [1, -1], [1, 1], [-1, 1]], triangles: SQUARE };
const STRIP = { corners: [[0, -1], [1, -1], [1, 1], [0, 1]], triangles: SQUARE };

/** The three faces of a box towards the eye: corner and normal. */
const BOX = {
  corners: [0, 1, 2].flatMap((axis) => QUAD.corners.map(([a, b]) => {
    const [corner, normal] = [[0, 0, 0], [0, 0, 0]];
    [corner[axis], corner[(axis + 1) % 3], corner[(axis + 2) % 3]] = [1, a, b];
    normal[axis] = 1;
    return [...corner, ...normal];
  })),
  triangles: [0, 4, 8].flatMap((first) => SQUARE.map((k) => first + k)),
};

export function renderer(canvas) {
  const gl = canvas.getContext("webgl2", { antialias: false, alpha: false, powerPreference: "low-power" });
  if (!gl) return null;
  let parts;
  let textures;
  let pictures = [null, null];
  let held = [null, null]; // what the textures hold of them
  let content = { solids: [], lines: [], floor: [] };
  let smooth = null; // the buffers of a fine picture

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

  /** A shape, and the sizes of what its corners have in common, which differs from one of them to the next. */
  function part(vertex, fragment, shape, shapeSizes, sizes) {
    const array = gl.createVertexArray();
    gl.bindVertexArray(array);
    const [points, order] = [gl.createBuffer(), gl.createBuffer()];
    gl.bindBuffer(gl.ARRAY_BUFFER, points);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, order);
    const all = [...shapeSizes, ...sizes];
    const stride = all.reduce((a, b) => a + b) * 4;
    let offset = 0;
    all.forEach((n, k) => {
      gl.enableVertexAttribArray(k);
      gl.vertexAttribPointer(k, n, gl.FLOAT, false, stride, offset);
      offset += n * 4;
    });
    return { ...program(vertex, fragment), array, points, order, shape, indices: new Uint32Array(0) };
  }

  /** Give a part its shapes, each a list of numbers. */
  function put(name, each) {
    const { array, points, shape: { corners } } = parts[name];
    const numbers = [];
    for (const one of each) for (const corner of corners) numbers.push(...corner, ...one);
    gl.bindVertexArray(array);
    gl.bindBuffer(gl.ARRAY_BUFFER, points);
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(numbers), gl.DYNAMIC_DRAW);
    arrange(name, [...each.keys()]);
  }

  /** In which order the shapes of a part are drawn. */
  function arrange(name, which) {
    const { array, shape: { corners, triangles } } = parts[name];
    const n = triangles.length;
    const indices = parts[name].indices = new Uint32Array(which.length * n);
    which.forEach((k, place) => triangles.forEach((corner, m) => { indices[place * n + m] = k * corners.length + corner; }));
    gl.bindVertexArray(array);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, indices, gl.DYNAMIC_DRAW);
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
      solids: part(SOLID_V, SOLID_F, BOX, [3, 3], [3, 3, 4, 4, 4, 4]),
      lines: part(LINE_V, LINE_F, STRIP, [2], [3, 3, 4, 1]),
    };
    textures = [texture(0, gl.NEAREST), texture(1, gl.LINEAR)];
    held = [null, null];
    faces(...pictures);
    scene(content);
  }

  /** Pictures for the faces: one atlas of maps in their colours, one photograph; null for none. */
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
    l.points.slice(1).map((p, k) => [...l.points[k], ...p, ...l.rgba, l.width]));

  function scene(next) {
    content = next;
    if (gl.isContextLost()) return;
    const none = [-1, -1, -1, -1];
    const data = {
      floor: next.floor.map((f) => [...f.rect, f.reach, f.strength]),
      solids: next.solids.map((s) => [
        ...s.at, ...s.size, ...s.rgb, s.ghost, ...(s.tile ?? none), ...s.cells, s.photo ? 1 : 0, s.picked ? 1 : 0,
        ...(s.window ?? none),
      ]),
      lines: segments(next.lines),
    };
    for (const [name, each] of Object.entries(data)) put(name, each);
  }

  /** The nearest first, so that what is hidden costs nothing. */
  function sort({ eye }) {
    const far = content.solids.map(({ at }, k) => [k, Math.hypot(at[0] - eye[0], at[1] - eye[1], at[2] - eye[2])]);
    arrange("solids", far.sort((a, b) => a[1] - b[1]).map(([k]) => k));
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
      const { made, uniforms: at, array, indices } = parts[name];
      if (!indices.length) return;
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
      ["atlas", "photo"].forEach((key, unit) => at[key] && gl.uniform1i(at[key], unit));
      gl.drawElements(gl.TRIANGLES, indices.length, gl.UNSIGNED_INT, 0);
    };
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    gl.disable(gl.DEPTH_TEST);
    pass("floor", { shade: dark ? [0, 0, 0] : ink });
    gl.enable(gl.DEPTH_TEST);
    gl.disable(gl.BLEND);
    pass("solids", { paper, ink, accent, range, dark: dark ? 1 : 0 });
    gl.enable(gl.BLEND);
    gl.depthMask(false);
    pass("lines");
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
