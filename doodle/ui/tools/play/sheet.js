/* All drawings of a game on one sheet of paper, as SVG text or as a picture. */
import { downloadBlob } from "../../shared/dom.js";
import { frame, lines, path } from "../../shared/strokes.js";

const SHEET = { columns: 3, cell: 400, picture: 300, pad: 40, head: 110 };

const escaped = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/* rounds: { word, drawing, verdict }; returns { text, width, height }. */
function sheet(title, rounds) {
  const { columns, cell, picture, pad, head } = SHEET, rows = Math.ceil(rounds.length / columns);
  const width = columns * cell + 2 * pad, height = head + rows * cell + pad;
  const label = (x, y, size, colour, text, weight = 400) => `<text x="${x}" y="${y}" font-size="${size}"`
    + ` fill="${colour}" font-weight="${weight}">${escaped(text)}</text>`;
  const cards = rounds.map(({ word, drawing, verdict }, at) => {
    const x = pad + (at % columns) * cell, y = head + Math.floor(at / columns) * cell;
    const flats = lines(drawing), box = frame(flats), side = Number(box.split(" ")[2]);
    const ink = flats.length ? `<svg x="${x + 40}" y="${y + 12}" width="${picture}" height="${picture - 24}"`
      + ` viewBox="${box}"><path d="${path(flats)}" fill="none" stroke="#1c1b22" stroke-linecap="round"`
      + ` stroke-linejoin="round" stroke-width="${(side / 80).toFixed(2)}"/></svg>` : "";
    return `<rect x="${x + 10}" y="${y}" width="${cell - 20}" height="${cell - 20}" rx="18" fill="#fff"`
      + ` stroke="#e6dfd4"/>${ink}`
      + label(x + 32, y + picture + 24, 22, "#1c1b22", word, 600)
      + label(x + 32, y + picture + 54, 18, "#716c78", verdict);
  });
  const text = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"`
    + ` viewBox="0 0 ${width} ${height}" font-family="Inter, Helvetica, Arial, sans-serif">`
    + `<rect width="100%" height="100%" fill="#faf7f2"/>${label(pad + 10, 72, 34, "#1c1b22", title, 700)}`
    + `${cards.join("")}</svg>`;
  return { text, width, height };
}

export function saveSheet(kind, title, rounds) {
  const { text, width, height } = sheet(title, rounds);
  if (kind === "svg") {
    downloadBlob("doodle-game.svg", text, "image/svg+xml");
    return;
  }
  const picture = new Image();
  picture.onload = () => {
    const paper = Object.assign(document.createElement("canvas"), { width, height });
    paper.getContext("2d").drawImage(picture, 0, 0, width, height);
    paper.toBlob((blob) => downloadBlob("doodle-game.png", blob, "image/png"), "image/png");
  };
  picture.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
}
