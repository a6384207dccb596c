"use strict";
// What is chosen: layers, figures, what the day alone knows. Its place is the address, under the
// names of the command line, and a change is a step that the browser's Back undoes.

const $ = (id) => document.getElementById(id);
const valuesOf = (nodes) => [...nodes].map((node) => node.value);

const OPTIONS = {
  // of the command line, that name a figure
  model: "model",
  sla: "sla_s",
  rate: "requests_per_hour",
  keep_alive: "keep_alive_s",
  cold_start_s: "known_cold_start_s",
};
const PAGE = ["step", "beside"]; // what the page alone knows
const SETS = { lesson: "the lesson's", measured: "measured in 2025-26" }; // of figures
const chosen = {};
const clear = () =>
  Object.assign(chosen, {
    layers: [],
    set: "lesson",
    figures: new Map(),
    others: [],
    page: new Map(),
  });

function readUrl(search = location.search) {
  const named = new Map(); // which win over `set`, as on the command line
  clear();
  for (const [option, text] of new URLSearchParams(search)) {
    const name = option.replaceAll("-", "_");
    if (name === "with") chosen.layers.push(...text.split(",").map((layer) => layer.trim()));
    else if (name === "figures") chosen.set = text;
    else if (name === "set") chosen.figures.set(...text.split(/=(.*)/s).slice(0, 2));
    else if (Object.hasOwn(OPTIONS, name)) named.set(OPTIONS[name], text);
    else if (PAGE.includes(name)) chosen.page.set(name, text);
    else chosen.others.push([option.replaceAll("_", "-"), text]);
  }
  named.forEach((text, name) => chosen.figures.set(name, text));
}
function words(command, layers = chosen.layers) {
  // the report takes none of what only traffic does
  return [
    ...(layers.length ? [["with", layers.join(",")]] : []),
    ...(chosen.set === "lesson" ? [] : [["figures", chosen.set]]),
    ...[...chosen.figures].map(([name, text]) => [
      "set",
      text === undefined ? name : `${name}=${text}`,
    ]),
    ...chosen.others.filter(([name]) => command === "traffic" || name === "min-workers"),
  ];
}
function query(pairs) {
  const safe = (text) => encodeURIComponent(text).replace(/%2C/g, ",").replace(/%3D/g, "=");
  const parts = pairs.map(([name, text]) => safe(name) + (text && `=${safe(text)}`));
  return parts.length ? `?${parts.join("&")}` : "";
}
const quoted = (text) =>
  // as a shell reads it
  /[^\w=.,:@-]/.test(text) ? `'${text.replaceAll("'", "'\\''")}'` : text;
const typed = (command) =>
  [
    `python code/${command === "report" ? "main" : command}.py`,
    ...words(command).map(([name, text]) => `--${name}${text && ` ${quoted(text)}`}`),
  ].join(" ");
const address = () => query([...words("traffic"), ...chosen.page]);

// An edit of one thing is one step that the browser's Back undoes, however many keys it takes.
let editing = { name: "", at: 0 }; // and `from`, the address before its step
const endEdit = () => (editing = { name: "", at: 0 });
let began; // the report that was drawn when this edit began
const goesOn = (edit) => edit && edit === editing.name && performance.now() - editing.at < 1000;
const stepsTo = () => history.state ?? 0; // of this page, up to the address that is shown
function change(edit = "") {
  drop();
  const goes_on = goesOn(edit);
  if (goes_on && address() === editing.from) return history.back(); // nothing is left of it
  if (!goes_on) began = last.report;
  let { from } = goes_on ? editing : {};
  const to = location.pathname + address();
  if (goes_on || replaceNext) history.replaceState(history.state, "", to);
  else if (address() !== location.search) {
    from = location.search;
    history.pushState(stepsTo() + 1, "", to);
    drawnStep = Math.min(drawnStep, stepsTo()); // what lay ahead is no more
  }
  drawBoxes();
  editing = { name: edit, at: performance.now(), from };
  replaceNext = false;
  load();
}
let pending = null; // {edit, timer}: an edit that is made and soon asked for
function soon(edit, wait = 150) {
  turn.abort(); // what is asked for until then is superseded
  drop();
  pending = { edit, timer: setTimeout(change, wait, edit) };
}
function drop() {
  clearTimeout(pending?.timer);
  pending = null;
}
function set(name, text) {
  // a figure; empty, or the file's own, is none of yours
  const command = name.replaceAll("_", "-"); // traffic.py has an option of this name: it goes first
  if (optionNow(command) !== undefined) return option(command, text);
  const own = last.report ? String(fileFigure(name)) : "";
  const same = text === own || (own !== "" && Number(text) === Number(own));
  if (text === "" || same) chosen.figures.delete(name);
  else chosen.figures.set(name, text);
}
function option(name, text) {
  // of the day alone
  chosen.others = chosen.others.filter(([other]) => other !== name);
  if (text) chosen.others.push([name, text]);
}
const optionNow = (name) => chosen.others.find(([other]) => other === name)?.[1];
function fileFigure(name) {
  const row = last.report.changed.find((each) => each.name === name);
  return (row ? row.was : last.report.scenario[name]) ?? "";
}
