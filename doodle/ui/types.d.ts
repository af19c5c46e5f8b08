/** What the scripts share with Python: the forms in which drawings and answers travel. */

/** A drawing. Rows are x, y, ms, pressure of one point after the other. */
export interface Wire {
  v?: number;
  w?: number;
  h?: number;
  strokes: number[][];
  widths?: number[];
  tags?: string[];
}

/** A stroke on the canvas: `points` as a row of the wire form. Never changed, only replaced. */
export interface Stroke {
  points: number[];
  width: number;
  tag?: string;
}

/** An ending, drawing or version on the canvas: strokes as flat lists x, y, x, y, ... */
export interface Ghost {
  id: number;
  strokes: number[][];
  score: number | null;
  /** from a picture, not drawn point by point */
  traced?: boolean;
  done?: boolean;
  /** the part that is inked, 0 to 1 */
  shown?: number;
  /** indices of strokes that were adopted */
  taken?: number[];
}

/** A run of Draw as it is kept. */
export interface DrawRun {
  mode: "complete" | "draw" | "again";
  word: string;
  n: number;
  /** the drawing that it ends, wire text */
  base: string;
  list: Ghost[];
}

/** A doodle of Words in its square of 256. */
export interface Doodle {
  strokes: number[][];
  /** each x, y, then two control points and an end for every piece */
  curves?: number[][];
  score: number;
  drawn_like: number;
  /** the generator's; else SketchRNN drew it: without curves, noise and drawn_like */
  traced?: boolean;
  candidate: number;
  noise: unknown;
  /** of a mix: the recogniser's chance of either word; its score is the smaller one, by its share */
  seen?: number[];
}

/** How a text was understood. */
export interface Reading {
  encoder: "words" | "open_clip";
  kind: string;
  sure: number;
  notice: string;
  /** what of it will not be drawn as asked */
  caveat: string;
  /** whether the networks learned from drawings of what it is about */
  seen: boolean;
  /** what they know that is nearest to it */
  near: string[];
  parts: [string, string][];
}

/** The answer to a request for doodles. */
export interface WordsResult {
  task: "draw" | "like" | "mix";
  text: string;
  name: string;
  finish_as: string;
  second?: string;
  share?: number;
  seed: number;
  truncation: number;
  reading: Reading;
  doodles: Doodle[];
}

/** The doodle that the cards of Words are about. */
export interface ChosenDoodle {
  one: Doodle;
  title: string;
  /** as a sentence names it */
  what: string;
  /** of a mix: a sentence with both of its chances */
  chances?: string;
  text: string;
  /** the word to finish it as */
  finish_as: string;
  /** whether more like it can be asked for */
  near: boolean;
  /** its viewBox */
  box?: string;
  /** whether it is a step on the way to another word */
  walked?: boolean;
  seed?: number;
  candidate?: number | null;
  truncation?: number;
}

/** A morph, or the way from a doodle to a word. */
export interface Film {
  words: string[];
  word: string;
  drawings: Wire[];
}

/** Pictures of a chimera, as data URLs. */
export interface ChimeraResult {
  pictures: string[];
  source?: string;
  edges?: string;
  title: string;
  seed?: number;
  size?: number;
}

/** A face of Faces that can be changed; places are in pixels of the picture on show. */
export interface FaceShown {
  /** its id; of a face of nobody what it is made of */
  face: string;
  size: number;
  /** data URLs: the face as it was, and as the generator draws it */
  square: string;
  drawn: string;
  photo: {
    url: string;
    w: number;
    h: number;
    /** x, y, width and height around each face that was found */
    faces: [number, number, number, number][];
    /** eyes, nose and corners of the mouth of the chosen one */
    points: [number, number][];
    /** x, y, width and height of what its changes touch */
    box: [number, number, number, number];
    /** the chosen one's place among them */
    at: number;
  } | null;
  notice: string;
}

/** What the edits made of it: a part of the picture, "" where nothing was changed. */
export interface FaceChanged {
  face: string;
  request: number;
  patch: string;
  box: number[];
  readings: { text: string; notice: string; nearest: string }[];
}
