/* Pictures of edge maps, as canvases. */
import { make } from "../../shared/dom.js";

const TINT = 92;                                     // opacity of the animals' colours, of 255

export function sheet(side) {
  return make("canvas", { width: side, height: side });
}

/** The pixels of a picture's URL, drawn into a square. */
export async function pixels(url, side) {
  const image = Object.assign(new Image(), { src: url });
  await image.decode();
  const paper = sheet(side).getContext("2d", { willReadFrequently: true });
  paper.imageSmoothingEnabled = false;
  paper.drawImage(image, 0, 0, side, side);
  return paper.getImageData(0, 0, side, side);
}

/* The map as a canvas: white, as opaque as its level. */
function lines({ size, levels }) {
  const canvas = sheet(size), paper = canvas.getContext("2d"), image = paper.createImageData(size, size);
  image.data.fill(255);
  for (let i = 0; i < levels.length; i++) image.data[4 * i + 3] = levels[i];
  paper.putImageData(image, 0, 0);
  return canvas;
}

/** The animals' colours at one strength, however opaque they came; black is no animal. */
export function colours(image) {
  const { data } = image, canvas = sheet(image.width);
  for (let i = 0; i < data.length; i += 4) {
    data[i + 3] = data[i + 3] && data[i] + data[i + 1] + data[i + 2] ? TINT : 0;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** The map's lines on a ground, with a layer between them. */
export function over(map, ground, layer = null) {
  const canvas = sheet(map.size), paper = canvas.getContext("2d");
  paper.fillStyle = ground;
  paper.fillRect(0, 0, map.size, map.size);
  if (layer) paper.drawImage(layer, 0, 0);
  paper.drawImage(lines(map), 0, 0);
  return canvas;
}

/** Makes a canvas as fine as the display; false while it is not laid out. */
export function fitted(canvas) {
  const fine = (side) => Math.round(side * (devicePixelRatio || 1));
  const [w, h] = [canvas.clientWidth, canvas.clientHeight].map(fine);
  if (!w || !h) return false;
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  return true;
}
