/* Hands each new state of the log to the canvas, which reads on from where it was. */
const { target } = props;
watch("value", () => {
  document.querySelector("#" + target + " .sc-root")?.strokeCanvas?.feed(props.value);
});
