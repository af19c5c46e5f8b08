// Times the npm package @magenta/sketch, as its own demos call it: update, getPDF, sample, one
// drawing at a time. Usage: node magenta_sketch.js PACKAGE_FOLDER WEIGHTS.gen.json STEPS DRAWINGS
// Prints one JSON line: {"seconds": [of each drawing], "steps": of each, "backend": ...}
const fs = require('fs');
const path = require('path');
const { performance } = require('perf_hooks');

const [folder, weights, steps, drawings] = process.argv.slice(2);
const { SketchRNN } = require(path.resolve(folder, '@magenta/sketch'));
const tf = require(path.resolve(folder, '@tensorflow/tfjs-core'));

const [info, shapes, texts] = JSON.parse(fs.readFileSync(weights, 'utf8'));
const model = new SketchRNN('');
model.instantiateFromJSON(info, shapes, texts);

function draw(count) {
  let state = model.zeroState();
  let stroke = model.zeroInput();
  for (let t = 0; t < count; t += 1) {
    state = model.update(stroke, state);
    stroke = model.sample(model.getPDF(state, 0.3));
    if (stroke[4] === 1) stroke = model.zeroInput(); // go on: every drawing takes equal steps
  }
}

draw(10); // warm up
const seconds = [];
for (let k = 0; k < Number(drawings); k += 1) {
  const begun = performance.now();
  draw(Number(steps));
  seconds.push((performance.now() - begun) / 1000);
}
console.log(JSON.stringify({ seconds, steps: Number(steps), backend: tf.getBackend() }));
