/** The photograph in as few pixels as an input has: what a small network is really given. */

const ready = new Map();

/**
 * The part of a photograph worth seeing, in `shape` pixels (its upper or left part, where they make no square),
 * as an image; "" until it is decoded.
 *
 * @param image { src, focus }: focus is [left, top, side] in shares of the photograph
 * @param shape [height, width]
 * @param then called once it is there
 */
export function mosaic({ src, focus }, [height, width], then) {
  const key = `${height} ${width} ${focus} ${src}`;
  if (!ready.has(key)) {
    ready.set(key, "");
    const photo = new Image();
    photo.onload = () => {
      const canvas = Object.assign(document.createElement("canvas"), { width, height });
      const draw = canvas.getContext("2d");
      draw.imageSmoothingQuality = "high";
      const [x, y, side] = focus.map((share) => share * photo.naturalWidth);
      const long = Math.max(width, height);
      draw.drawImage(photo, x, y, (side * width) / long, (side * height) / long, 0, 0, width, height);
      ready.set(key, canvas.toDataURL());
      then();
    };
    photo.src = src;
  }
  return ready.get(key);
}
