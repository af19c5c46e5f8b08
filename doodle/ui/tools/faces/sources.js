/* Photographs that a visitor brings: chosen, dropped, pasted, or taken with the webcam. */
import { find } from "../../shared/dom.js";

const MOST = 25_000_000;             // bytes of a file
const CHUNK = 0x8000;
const NO_CAMERA = {
  NotAllowedError: "The webcam was not allowed to this page: allow it, or open a photograph.",
  NotFoundError: "I find no webcam here. Open a photograph instead.",
  NotReadableError: "Another program uses the webcam. Close it there, or open a photograph.",
};
const NOT_HERE = "Browsers give a webcam to https and localhost only. Open a photograph instead.";
const FAILED = "The webcam did not start. Open a photograph instead.";

/** A file for Python. @param {Blob & { name?: string }} file */
async function packed(file) {
  const bytes = new Uint8Array(await file.arrayBuffer()), parts = [];
  for (let i = 0; i < bytes.length; i += CHUNK) {
    parts.push(String.fromCharCode(...bytes.subarray(i, i + CHUNK)));
  }
  return { name: file.name || "webcam.jpg", kind: "base64", mime: file.type, data: btoa(parts.join("")) };
}

/**
 * @param {object} parts
 * @param {HTMLElement} parts.part
 * @param {(file: object) => void} parts.onFile
 * @param {(sentence: string) => void} parts.say
 */
export function createSources({ part, onFile, say }) {
  const picker = find("input[type=file]", part), stage = find(".dd-face-stage", part);
  const dialog = find("dialog", part), video = find("video", dialog), note = find(".dd-note", dialog);
  let stream = null;

  async function take(/** @type {File | undefined | null} */ file) {
    if (!file) return;
    if (file.type && !file.type.startsWith("image/")) say("That is no picture: open a photograph.");
    else if (file.size > MOST) say(`That file is larger than ${MOST / 1e6} MB; save it smaller first.`);
    else onFile(await packed(file));
  }
  picker.addEventListener("change", () => {
    take(picker.files[0]);
    picker.value = "";
  });
  stage.addEventListener("dragover", (event) => {
    event.preventDefault();
    stage.dataset.over = "true";
  });
  stage.addEventListener("dragleave", () => { delete stage.dataset.over; });
  stage.addEventListener("drop", (event) => {
    event.preventDefault();
    delete stage.dataset.over;
    take(event.dataTransfer.files[0]);
  });
  document.addEventListener("paste", (event) => {
    if (part.offsetParent) take(event.clipboardData?.files[0]);
  });

  /* ---- the webcam ---------------------------------------------------------------------------- */
  function tell(sentence) {
    note.textContent = sentence;
    note.hidden = !sentence;
    find("[data-act=shoot]", dialog).disabled = Boolean(sentence);
  }
  async function open() {
    dialog.showModal();
    tell("");
    if (!navigator.mediaDevices?.getUserMedia) {
      tell(NOT_HERE);
      return;
    }
    find("[data-act=shoot]", dialog).disabled = true;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 } } });
      video.srcObject = stream;
      await video.play();
      tell("");
    } catch (error) {
      tell(NO_CAMERA[error.name] || FAILED);
    }
    if (!dialog.open) stop();
  }
  function stop() {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = video.srcObject = null;
  }
  async function shoot() {
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    if (!canvas.width) return;
    canvas.getContext("2d").drawImage(video, 0, 0);
    const blob = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.93); });
    dialog.close();
    onFile(await packed(blob));
  }
  dialog.addEventListener("close", stop);

  return { acts: { open: () => picker.click(), camera: open, shoot, away: () => dialog.close() } };
}
