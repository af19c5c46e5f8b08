/* Guessing aloud. Only voices that live on this machine are used: what is said stays here too. */
export function createVoice(switches) {
  const KEY = "doodle.voice", speech = window.speechSynthesis;
  let voice = null, next = null, on = false;

  function kept() {
    try { return localStorage.getItem(KEY); } catch { /* forbidden: nothing is kept */ }
    return null;
  }
  function find() {
    const here = (speech?.getVoices() || []).filter((one) => one.localService);
    const english = here.filter((one) => /^en\b/i.test(one.lang));
    voice = english.find((one) => one.default) || english[0] || null;
    on = voice !== null && kept() !== "off";
    show();
  }
  function show() {
    for (const button of switches) {
      button.setAttribute("aria-checked", String(on));
      button.disabled = voice === null;
      button.title = voice ? "Guess aloud" : "This browser has no English voice of its own";
    }
  }
  function hush() {
    next = null;
    speech?.cancel();
  }
  /* One sentence at a time; of those that wait only the newest is said. */
  function say(text, { now = false } = {}) {
    if (!on) return;
    if (now) hush();
    else if (speech.speaking || speech.pending) {
      next = text;
      return;
    }
    const words = new SpeechSynthesisUtterance(text.replaceAll("…", ","));
    Object.assign(words, { voice, lang: voice.lang, rate: 1.05 });
    words.onend = () => {
      const waiting = next;
      next = null;
      if (waiting) say(waiting);
    };
    speech.speak(words);
  }
  function toggle() {
    if (!voice) return;
    on = !on;
    try { localStorage.setItem(KEY, on ? "on" : "off"); } catch { /* then for this visit only */ }
    if (!on) hush();
    show();
  }
  speech?.addEventListener?.("voiceschanged", find);
  find();
  return { say, hush, toggle };
}
