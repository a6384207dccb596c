"use strict";
// Fields: what is typed, read as a program reads it, one step up or down, and why it is refused.

const LABELS = {
  weights_gb: "weights, GB",
  image_gb: "image, GB",
  image_pull_s_per_gb: "image pull, s/GB",
  node_provision_s: "node provisioning, s",
  read_stream_gb_s: "read, one reader, GB/s",
  read_cap_gb_s: "read, any number, GB/s",
  copy_pageable_gb_s: "copy, pageable, GB/s",
  copy_pinned_gb_s: "copy, pinned, GB/s",
  snapshot_gb_s: "snapshot restore, GB/s",
  gpu_usd_per_hour: "GPU price, $/h",
  sla_s: "SLA, P99 TTFT, s",
  drop_usd: "a late request, $",
  requests_per_hour: "requests per hour",
  keep_alive_s: "keep-alive, s",
  prompt_tokens: "prompt, tokens",
  network_gb_s: "network, GB/s",
};
let typing = null; // the field in which somebody types, which is left alone until then
const fields = () => document.querySelectorAll("input[name]:not([type=radio])");
const isFigure = (name) => last.report && name in last.report.scenario;
function readNumber(text) {
  // {text} as a program reads it, or {why} not
  const point = /^\s*-?\d+,(\d+)\s*$/.exec(text);
  if (point && point[1].length !== 3) return { text: text.trim().replace(",", ".") };
  if (text.includes(",")) return { why: "a comma: write 1000, or a point as in 0.5" };
  if (!Number.isFinite(Number(text))) return { why: `${text}: is no number` };
  return { text: text.trim() };
}
const unread = (field) => field.inputMode === "decimal" && readNumber(field.value).why;
function why(field, says = "") {
  // beside the field, or with others below them
  const id = field.getAttribute("aria-describedby");
  if (says) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
  field.dataset.why = says;
  const wrong = says ? field : document.querySelector(`[aria-describedby="${id}"][aria-invalid]`);
  $(id).hidden = !wrong;
  if (wrong) $(id).textContent = wrong.dataset.why;
  const folded = says && field.closest("details:not([open])");
  if (folded) folded.open = true;
}
// One step of the digit that counts: 0.05 by 0.01, 50 by 10, 8192 to 9000; from 0 to 1.
function stepped(x, up) {
  if (!x) return up ? 1 : 0;
  let unit = 10 ** Math.floor(Math.log10(x) + 1e-9);
  if (!up && x / unit < 1 + 1e-9) unit /= 10;
  const next = up ? Math.floor(x / unit + 1 + 1e-9) : Math.ceil(x / unit - 1 - 1e-9);
  return Number((next * unit).toPrecision(12));
}
function step(field, up) {
  const now = Number(readNumber(field.value || field.placeholder).text);
  if (Number.isNaN(now)) return;
  const next = stepped(now, up);
  const whole = last.report.whole.includes(field.name);
  field.value = whole
    ? Math.round(up ? Math.max(next, now + 1) : Math.min(next, now - 1, now))
    : next;
  if (field.value < 0) field.value = 0;
  heard(field);
  typing = null;
}
function heard(field) {
  // what somebody has typed or stepped
  const { name } = field;
  const decimal = field.inputMode === "decimal";
  const number = decimal ? readNumber(field.value) : { text: field.value.trim() };
  typing = field;
  why(field, number.why);
  if (number.why) {
    if (goesOn(name)) editing.at = performance.now(); // 12, on the way to 12,5
    // what was refused before, or not asked for yet, goes, and this is said instead
    if (replaceNext) stay();
    else if (pending) {
      drop();
      readUrl();
      load();
    }
    return;
  }
  if (isFigure(name)) set(name, number.text);
  else option(name, number.text);
  soon(name, decimal ? 150 : 600);
}
function fillIn(field) {
  const own = isFigure(field.name)
    ? (chosen.figures.get(field.name) ?? last.report.scenario[field.name])
    : optionNow(field.name);
  field.value = own ?? "";
}
function drawBoxes() {
  // as chosen, so that the next press is counted with what was chosen before
  for (const box of $("layers").querySelectorAll("input"))
    box.checked = chosen.layers.includes("all") || chosen.layers.includes(box.value);
}
function fillAll() {
  typing = null;
  drawBoxes();
  drawEvict();
  for (const field of fields()) {
    fillIn(field);
    why(field, "");
  }
  for (const id of ["money", "moves"]) drawn[id]?.(); // with the dots where they belong
}
function figureField(name) {
  const field = make("input", {
    id: `f-${name}`,
    name,
    inputmode: "decimal",
    role: "spinbutton",
    "aria-describedby": `why-${name}`,
    "aria-valuemin": 0,
  });
  const button = (says, up) => {
    const node = make("button", { type: "button", tabindex: -1, "aria-hidden": true }, says);
    node.onclick = () => step(field, up);
    return node;
  };
  return make(
    "div",
    { class: "figure" },
    make("label", {}, make("span", {}, LABELS[name] ?? name), field),
    button("\u2212", false),
    button("+", true),
    Object.assign(make("small", { id: `why-${name}`, class: "why" }), { hidden: true }),
  );
}
