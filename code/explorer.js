"use strict";
// What is chosen, what is asked, what is drawn where, and what is heard.
const $ = (id) => document.getElementById(id);

// --- what is chosen, and its place in the address -------------------------------------------------

const OPTIONS = { // of the command line, that name a figure
  model: "model", sla: "sla_s", rate: "requests_per_hour", keep_alive: "keep_alive_s",
};
const PAGE = ["step", "beside"]; // what the page alone knows
const SETS = { lesson: "the lesson's", measured: "measured in 2025-26" }; // of figures
const LABELS = {
  weights_gb: "weights, GB", image_gb: "image, GB", image_pull_s_per_gb: "image pull, s/GB",
  node_provision_s: "node provisioning, s", read_stream_gb_s: "read, one reader, GB/s",
  read_cap_gb_s: "read, any number, GB/s", copy_pageable_gb_s: "copy, pageable, GB/s",
  copy_pinned_gb_s: "copy, pinned, GB/s", snapshot_gb_s: "snapshot restore, GB/s",
  gpu_usd_per_hour: "GPU price, $/h", sla_s: "SLA, P99 TTFT, s",
  drop_usd: "a late request, $", requests_per_hour: "requests per hour",
  keep_alive_s: "keep-alive, s", prompt_tokens: "prompt, tokens", network_gb_s: "network, GB/s",
};
const PATTERNS = ["poisson", "diurnal", "bursty"];
const chosen = {};
const clear = () =>
  Object.assign(chosen, { layers: [], set: "lesson", figures: new Map(), others: [], page: new Map() });

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
function words(command, layers = chosen.layers) { // the report takes none of what only traffic does
  return [
    ...(layers.length ? [["with", layers.join(",")]] : []),
    ...(chosen.set === "lesson" ? [] : [["figures", chosen.set]]),
    ...[...chosen.figures].map(([name, text]) => ["set", text === undefined ? name : `${name}=${text}`]),
    ...chosen.others.filter(([name]) => command === "traffic" || name === "min-workers"),
  ];
}
function query(pairs) {
  const safe = (text) => encodeURIComponent(text).replace(/%2C/g, ",").replace(/%3D/g, "=");
  const parts = pairs.map(([name, text]) => safe(name) + (text && `=${safe(text)}`));
  return parts.length ? `?${parts.join("&")}` : "";
}
const quoted = (text) => (/[^\w=.,:@-]/.test(text) ? `'${text}'` : text);
const typed = (command) => [`python code/${command === "report" ? "main" : command}.py`,
  ...words(command).map(([name, text]) => `--${name}${text && ` ${quoted(text)}`}`)].join(" ");
const address = () => query([...words("traffic"), ...chosen.page]);

// An edit of one thing is one step that the browser's Back undoes, however many keys it takes.
let editing = { name: "", at: 0 }, ahead = 0; // steps since the last view that was drawn
function change(edit = "") {
  const now = performance.now(), goes_on = edit && edit === editing.name && now - editing.at < 1000;
  if (goes_on) history.replaceState(null, "", location.pathname + address());
  else if (address() !== location.search) {
    history.pushState(null, "", location.pathname + address());
    ahead += 1;
  }
  editing = { name: edit, at: now };
  load();
}
let waiting;
function soon(edit, wait = 150) {
  clearTimeout(waiting);
  waiting = setTimeout(change, wait, edit);
}
function set(name, text) { // a figure; empty, or the file's own, is none of yours
  const own = last.report && String(fileFigure(name));
  if (text === "" || text === own || Number(text) === Number(own)) chosen.figures.delete(name);
  else chosen.figures.set(name, text);
}
function option(name, text) { // of the day alone
  chosen.others = chosen.others.filter(([other]) => other !== name);
  if (text) chosen.others.push([name, text]);
}
function fileFigure(name) {
  const row = last.report.changed.find((each) => each.name === name);
  return (row ? row.was : last.report.scenario[name]) ?? "";
}

// --- asking: when the view or a file changes; what is broken changes nothing ----------------------

const last = {}; // what is drawn: the report, the day, and the text of each
let turn = new AbortController(), tag; // whose turn it is to be drawn; of the files, as last seen
let at, dayAt; // the addresses of the report and of the day that are drawn
let kept = false; // whether Back is to ask for nothing, for the view is there

async function get(address, signal) {
  try {
    const reply = await fetch(address, { cache: "no-cache", signal });
    const text = await reply.text();
    if (reply.ok) return { text };
    return { matter: text.trim().replace(/^(view|traffic)\.py: /, ""), refused: reply.status === 400 };
  } catch {
    if (!signal.aborted) tag = ""; // so that it is asked again
    return { matter: "serve.py gives no answer: is it still running?" };
  }
}
// Draws an answer where it is another one; gives back why it cannot.
function draw(what, text, drawing) {
  if (text === last[`${what} text`]) {
    if (what === "report") drawControls(last.report); // what was pressed meanwhile is taken back
    return "";
  }
  const was = last[what];
  try {
    last[what] = JSON.parse(text);
    drawing(last[what], was);
    last[`${what} text`] = text;
    return "";
  } catch (error) { // an edit may have renamed what is drawn
    last[what] = was;
    if (was) drawing(was, was);
    return `the page cannot draw this ${what}: ${error.message}`;
  }
}
async function loadReport(signal) {
  const found = await get(`/api/report${query(words("report"))}`, signal);
  if (signal.aborted) return found;
  return { ...found, matter: found.matter || draw("report", found.text, drawReport) };
}
async function loadDay(signal) {
  const ask = (layers, ...more) => get(`/api/traffic${query([...words("traffic", layers), ...more])}`, signal);
  const layers = chosen.layers.length ? [chosen.layers, []] : [[]]; // what is raw stands beside it
  let [found, raw = found] = await Promise.all(layers.map((each) => ask(each, ["events", ""])));
  if (found.refused && found.matter.startsWith("--events")) found = raw = await ask(chosen.layers);
  if (signal.aborted) return "";
  if (found.matter) return found.matter;
  return draw("traffic", `[${found.text}, ${raw.text ?? found.text}]`, drawTraffic);
}
async function load() {
  turn.abort();
  const { signal } = (turn = new AbortController());
  const slow = (what) => { if (!signal.aborted) busy(what); };
  let timer = setTimeout(slow, 300, "report");
  const tell = (matter, below) => signal.aborted || say(matter, below);
  const asked = location.search;
  let found = await loadReport(signal);
  const bad = found.refused && !last.report, { matter } = found; // a link, from the start
  if (bad) {
    clear();
    found = await loadReport(signal);
  }
  if (signal.aborted) return;
  clearTimeout(timer);
  tell(matter, bad ? "the file's own figures" : last.report && "the last good view");
  if (bad || !matter) {
    [at, ahead] = [asked, 0];
    busy("");
    timer = setTimeout(slow, 300, "day");
    const late = await loadDay(signal);
    clearTimeout(timer);
    if (!signal.aborted) dayAt = asked;
    if (!matter) tell(late, last.traffic && "the last good day");
  }
  if (!signal.aborted) busy("");
}
function busy(what) {
  document.body.dataset.busy = what;
  $("busy").firstElementChild.textContent = what ? "working..." : "";
  $("cancel").hidden = !(what === "report" && last.report);
  $("stop").hidden = what !== "day";
}
function cancel() { // the old view stays, and its address is back
  turn.abort();
  clearTimeout(waiting);
  busy("");
  if (ahead) {
    kept = dayAt === at;
    history.go(-ahead);
  } else {
    history.replaceState(null, "", location.pathname + at);
    readUrl();
    fillAll();
    if (dayAt !== at) load();
  }
  ahead = 0;
}
function say(matter, below) {
  const alert = matter && below ? `${matter} (below: ${below})` : matter;
  if ($("alert").textContent !== alert) $("alert").textContent = alert;
  const name = /^--set: (\w+)=/.exec(matter)?.[1] ?? /^--([\w-]+): /.exec(matter)?.[1];
  for (const field of fields()) {
    if (field.name === name || !unread(field)) why(field, field.name === name ? matter.replace(/^--\S+ (\w+=)?/, "") : "");
  }
}
async function follow() {
  if (!document.hidden) {
    const now = await fetch("/", { method: "HEAD", cache: "no-store" })
      .then((reply) => reply.headers.get("ETag"), () => "");
    if (now !== tag) load();
    tag = now;
  }
  setTimeout(follow, 500);
}

// --- fields ---------------------------------------------------------------------------------------

const fields = () => document.querySelectorAll("input[name]:not([type=radio])");
const isFigure = (name) => last.report && name in last.report.scenario;
function readNumber(text) { // {text} as a program reads it, or {why} not
  const point = /^\s*-?\d+,(\d+)\s*$/.exec(text);
  if (point && point[1].length !== 3) return { text: text.trim().replace(",", ".") };
  if (text.includes(",")) return { why: "a comma: write 1000, or a point as in 0.5" };
  if (!Number.isFinite(Number(text))) return { why: `${text}: is no number` };
  return { text: text.trim() };
}
const unread = (field) => field.inputMode === "decimal" && readNumber(field.value).why;
function why(field, says) { // beside the field
  const node = $(field.getAttribute("aria-describedby")) ?? $("day-why");
  if (!node) return;
  if (says) {
    field.setAttribute("aria-invalid", "true");
    node.textContent = says;
  } else field.removeAttribute("aria-invalid");
  const beside = [...fields()].filter((x) => ($(x.getAttribute("aria-describedby")) ?? $("day-why")) === node);
  node.hidden = !beside.some((x) => x.hasAttribute("aria-invalid"));
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
  const next = stepped(now, up), whole = WHOLE.includes(field.name);
  field.value = whole ? Math.round(up ? Math.max(next, now + 1) : Math.min(next, now - 1, now)) : next;
  if (field.value < 0) field.value = 0;
  heard(field);
}
const WHOLE = ["read_streams", "streamer_read_streams", "streamer_sharded", "snapshot_gpu_matches",
  "gpus_per_replica", "products", "min_workers", "prompt_tokens", "evictions-per-day"];
function heard(field) { // what somebody has typed or stepped
  const { name } = field, number = field.inputMode === "decimal" ? readNumber(field.value) : { text: field.value.trim() };
  clearTimeout(waiting);
  why(field, number.why);
  if (number.why) return;
  if (isFigure(name)) set(name, number.text);
  else option(name, number.text);
  soon(name, field.inputMode === "decimal" ? 150 : 600);
}
function fillIn(field) {
  const own = isFigure(field.name) ? chosen.figures.get(field.name) ?? last.report.scenario[field.name]
    : chosen.others.find(([name]) => name === field.name)?.[1];
  field.value = own ?? "";
}
function fillAll() {
  for (const box of $("layers").querySelectorAll("input")) box.checked = chosen.layers.includes(box.value);
  for (const field of fields()) {
    fillIn(field);
    why(field, "");
  }
}

// --- drawing --------------------------------------------------------------------------------------

function fillTable(id, caption, heads, rows) { // a cell is a text or a node; "!" before a word
  const cell = (tag, x, scope) => {
    const wordy = typeof x !== "string" || x.startsWith("!");
    const node = make(tag, wordy ? { class: "words" } : {}, wordy && typeof x === "string" ? x.slice(1) : x);
    if (scope) node.setAttribute("scope", scope);
    return node;
  };
  const body = rows.map(({ cells, mine }) => make("tr", mine ? { class: "mine" } : {},
    ...cells.map((x, i) => cell(i ? "td" : "th", x, i ? "" : "row"))));
  $(id).replaceChildren(make("caption", {}, caption),
    make("thead", {}, make("tr", {}, ...heads.map((x) => cell("th", x, "col")))),
    make("tbody", {}, ...body));
}

function drawReport(report, was) {
  $("total").textContent = duration(report.cold_start_s);
  $("speedup").textContent = `${fixed(report.speedup, 1)}x`;
  $("raw").textContent = duration(report.raw_cold_start_s);
  $("range").textContent = `${end(report.range_s.low)}-${end(report.range_s.high)} s`;
  $("first").textContent = duration(report.first_request_ttft_s);
  $("rent").textContent = dollars(report.standing_usd_per_month).replace(/^\$0\.00$/, "$0");
  $("command").textContent = typed("report");
  drawAdvice(report);
  drawControls(report);
  if (was) tellChange(changed(was, report));
  drawPhases(report, was);
  drawStacks(report);
  drawMoney(report);
  drawMoves(report);
  document.body.classList.add("drawn");
  if (stepNow()) showStep(predicted);
}
function drawAdvice(report) { // the next command of the report, as a button
  const { text, command } = report.finding;
  $("finding").textContent = in_words(text, report);
  const pairs = [...command.matchAll(/--([\w-]+) ([^\s\\]+)/g)].map(([, name, x]) => [name, x]);
  const next = pairs.filter(([name]) => name === "with").flatMap(([, x]) => x.split(","));
  const more = next.filter((name) => name !== "all" && !report.layers.includes(name));
  $("advice").hidden = !command;
  $("advice").textContent = more.length ? `put on ${more.join(", ")}` : "do that";
  $("advice").onclick = () => {
    const { others, page } = chosen;
    readUrl(query(pairs));
    Object.assign(chosen, { others, page });
    change();
  };
}

// What is another one than a moment ago, and what that does: "preseed: -180 s, 328 -> 148 s".
function changed(was, now) {
  const parts = [
    ...now.layers.filter((name) => !was.layers.includes(name)),
    ...was.layers.filter((name) => !now.layers.includes(name)).map((name) => `without ${name}`),
  ];
  const layersAlone = parts.length > 0;
  const model = now.scenario.model !== was.scenario.model;
  if (now.figures !== was.figures) parts.push(`figures ${SETS[now.figures] ?? now.figures}`);
  else if (model) parts.push(`${was.scenario.model} -> ${now.scenario.model}`);
  else {
    const others = Object.keys(now.scenario).filter((name) => now.scenario[name] !== was.scenario[name]);
    const told = others.map((name) => `${name} ${was.scenario[name] ?? "none"} -> ${now.scenario[name] ?? "none"}`);
    parts.push(...told.slice(0, 3), ...(told.length > 3 ? [`and ${told.length - 3} more`] : []));
  }
  if (!parts.length) return "";
  const [a, b] = [was.cold_start_s, now.cold_start_s], says = [];
  const pair = (x, y) => (Math.min(x, y) >= 0.9995 ? `${plain(x)} -> ${plain(y)} s` : `${about(x)} -> ${about(y)}`);
  if (a !== b) says.push(`${layersAlone ? `${a < b ? "+" : ""}${about(b - a)}, ` : ""}${pair(a, b)}`);
  const [first, then] = [was.first_request_ttft_s, now.first_request_ttft_s];
  if (first !== then && (then !== b || first !== a)) says.push(`the first request waits ${pair(first, then)}`);
  const [rented, rents] = [was.standing_usd_per_month, now.standing_usd_per_month];
  if (rented !== rents) says.push(`rent ${dollars(rented)} -> ${dollars(rents)} a month`);
  const [still, moves] = [was.migration.eviction_pause_s, now.migration.eviction_pause_s];
  if (a === b && still !== moves) says.push(`an evicted request stands still ${pair(still, moves)}`);
  const [even, pays] = [was, now].map((x) => x.break_even.requests_per_hour);
  if (!says.length && even !== pays) says.push(`break-even ${three(even)} -> ${three(pays)}/h`);
  return `${parts.join(", ")}: ${says.join("; ") || `the path stays ${about(b)}`}`;
}

function tellChange(says) {
  if (!says) return;
  $("change").textContent = says;
  $("change").classList.remove("flash");
  $("change").getBoundingClientRect(); // so that it flashes anew
  $("change").classList.add("flash");
}

function drawControls(report) {
  chosen.layers = report.layers; // `all` has become their names
  const models = report.models.map((name) => make("option", {}, name));
  if ($("model").options.length !== models.length) $("model").replaceChildren(...models);
  $("model").value = report.scenario.model;
  chosen.set = report.figures;
  for (const radio of $("set").querySelectorAll("input")) radio.checked = radio.value === report.figures;
  drawLayers(report);
  const mine = new Set(report.changed.map((row) => row.name));
  for (const [name, x] of Object.entries(report.scenario)) {
    if (name === "model") continue;
    if (!$(`f-${name}`)) $(LABELS[name] ? "fields" : "others").append(figureField(name));
    for (const field of document.querySelectorAll(`input[name="${name}"]`)) {
      field.closest("label").classList.toggle("yours", mine.has(name));
      field.title = `${name}: ${fileFigure(name)} in the file`;
      field.setAttribute("aria-valuenow", x ?? "");
      const idle = document.activeElement !== field || Number(field.value) !== Number(chosen.figures.get(name));
      if (idle && !unread(field)) field.value = x ?? "";
    }
  }
}
function figureField(name) {
  const field = make("input", { id: `f-${name}`, name, inputmode: "decimal", role: "spinbutton",
    "aria-describedby": `why-${name}`, "aria-valuemin": 0 });
  const button = (says, up) => {
    const node = make("button", { type: "button", tabindex: -1, "aria-hidden": true }, says);
    node.onclick = () => step(field, up);
    return node;
  };
  return make("div", { class: "figure" },
    make("label", {}, make("span", {}, LABELS[name] ?? name), field),
    button("\u2212", false), button("+", true),
    Object.assign(make("small", { id: `why-${name}`, class: "why" }), { hidden: true }));
}
const in_words = (text, report) => // image_pull in a sentence: image pull
  report.phases.reduce((told, row) => told.replaceAll(row.name, words_of(row.name)), text);
function drawLayers(report) {
  if ($("layers").querySelectorAll("label").length !== report.alone.length) {
    $("layers").querySelectorAll("label").forEach((node) => node.remove());
    $("layers").append(...report.alone.map((row) => make("label", { class: "layer" },
      make("span", { class: "name" }, make("input", { type: "checkbox", value: row.name }), `${row.number} ${row.name}`),
      make("b", { class: "saves" }), make("small", {}))));
  }
  const effects = new Map(report.effects.map((row) => [row.name, row]));
  [...$("layers").querySelectorAll("label")].forEach((label, i) => {
    const row = report.alone[i], effect = effects.get(row.name), box = label.querySelector("input");
    const [off, on] = effect.standing_usd_per_month;
    box.checked = report.layers.includes(row.name);
    label.title = `${row.tool}. ${row.attacks.map(words_of).join(", ") || row.aim}: ${row.tradeoff}; needs ${row.needs}`;
    label.classList.toggle("idle", row.note.includes("lies idle"));
    label.querySelector(".saves").textContent = saves(effect);
    label.querySelector("small").textContent = in_words(row.note.replace(`${row.name} `, ""), report) || row.tool + (on > off ? `; ${dollars(on - off).replace(/\.00$/, "")}/month` : "");
  });
}
function saves({ cold_start_s, first_request_ttft_s, eviction_pause_s }) { // without it, with it
  const [off, on] = cold_start_s;
  if (off !== on) return `${on > off ? "+" : ""}${about(on - off)}`;
  if (first_request_ttft_s[0] !== first_request_ttft_s[1]) return `first: ${about(first_request_ttft_s[1])}`;
  if (eviction_pause_s[0] !== eviction_pause_s[1]) return `pause ${about(eviction_pause_s[1])}`;
  return "0 s";
}

function drawPhases(report, was) {
  const other = report.other_figures; // none where only a total is known
  const wanted = chosen.page.get("beside") && other ? "other" : "raw";
  for (const radio of $("beside").querySelectorAll("input")) radio.checked = radio.value === wanted;
  $("beside").lastElementChild.hidden = !other;
  if (other) $("beside").lastElementChild.lastChild.textContent = SETS[other.figures] ?? other.figures;
  const whole = { name: "cold_start", start_s: 0, end_s: report.cold_start_s, seconds: report.cold_start_s,
    raw_seconds: report.raw_cold_start_s, range_s: [0, 0], changed_by: [] };
  const phases = report.phases.length ? report.phases : [whole];
  const spans = (rows) => new Map(rows.map((row) => [row.name, [row.start_s, row.end_s]]));
  const before = was && was !== report ? spans(was.phases) : new Map(), there = spans(other?.phases ?? []);
  let raw = 0;
  const rows = phases.map((row) => {
    const rawly = [raw, raw += row.raw_seconds], here = [row.start_s, row.end_s];
    const ghost = before.get(row.name) ?? here, by = row.changed_by.length ? `, ${row.changed_by.join(", ")}` : "";
    return { name: row.name, title: words_of(row.name), here, ghost: String(ghost) === String(here) ? [0, 0] : ghost,
      beside: wanted === "other" ? there.get(row.name) : rawly, low: row.range_s[0], high: row.range_s[1],
      says: about(row.seconds) + by };
  });
  const most = Math.max(...rows.flatMap((row) => [row.here[1], row.beside[1]]), report.raw_cold_start_s);
  waterfall("path", `A cold start of ${about(report.cold_start_s)}: ${rows.map((row) =>
    `${row.title} ${row.says}`).join("; ")}`, rows, most);
  drawPath("phases", report);
  $("other").hidden = !other;
  $("elsewhere").textContent = other ? other.text : "";
  if (other) drawPath("other", other);
}
function drawPath(id, path) {
  const rows = path.phases.map((row) => ({ cells: [words_of(row.name), three(row.raw_seconds), three(row.seconds),
    `${end(row.range_s[0])}-${end(row.range_s[1])}`, `!${row.changed_by.join(", ")}`] }));
  rows.push({ cells: ["total", three(path.raw_cold_start_s), three(path.cold_start_s), "", ""], mine: true });
  fillTable(id, `figures: ${SETS[path.figures] ?? path.figures}`,
    ["!phase", "raw s", "here s", "published s", "!changed by"], rows);
}
function drawStacks(report) {
  const focused = document.activeElement;
  const held = $("stacks").contains(focused) && focused.textContent;
  const rows = report.stacks.map((row) => {
    const button = make("button", { type: "button" }, row.layers.join(", ") || "none");
    button.onclick = () => { chosen.layers = row.layers; change(); };
    const mine = String(row.layers) === String(report.layers);
    const yours = mine ? [make("span", { "aria-hidden": "true" }, "\u25b8"),
      make("span", { class: "visually-hidden" }, "yours")] : [];
    return { cells: [make("span", {}, ...yours), three(row.cold_start_s),
      `${fixed(row.speedup, 1)}x`, dollars(row.standing_usd_per_month), button], mine };
  });
  fillTable("stacks", "press a stack to take its layers",
    ["!", "path s", "speed-up", "rent $/month", "!layers"], rows);
  [...$("stacks").querySelectorAll("button")].find((button) => button.textContent === held)?.focus();
}

const REGIMES = { "scale-to-zero": ["scale to zero", "zero"], "warm-pool": ["a warm pool pays", "pool"],
  either: ["traffic keeps it warm", "busy"], equal: ["", "zero"] };
function drawMoney(report) {
  const even = report.break_even, { rates, today } = report.curves, s = report.scenario;
  const names = new Map([[even.self_warm_requests_per_hour, "self-warm"],
    [even.requests_per_hour, "break-even"], [even.requests_per_hour_high, "break-even"]].filter(([rate]) => rate));
  const marks = [...names].map(([rate, name]) => [rate, `${name} ${three(rate)}/h`]).sort(([a], [b]) => a - b);
  const edges = [0, ...marks.map(([rate]) => rate), Infinity], bands = [];
  edges.slice(1).forEach((to, i) => {
    const between = rates.filter((row) => row.requests_per_hour > edges[i] && row.requests_per_hour < to);
    const [name, kind] = REGIMES[between[Math.floor(between.length / 2)]?.cheaper] ?? ["", "zero"];
    if (bands.at(-1)?.name === name) bands.at(-1).to = to;
    else bands.push({ from: edges[i], to, name, kind });
  });
  $("regime").textContent = even.regime;
  $("pays").textContent = report.verdicts.pays;
  const points = (key) => rates.map((row) => [row.requests_per_hour, row[key]]);
  plot("money", {
    label: `What a warm pool adds and what late requests cost, over the rate: ${even.regime}`,
    x: (at) => `${at < 1 ? general(at, 3) : plain(at)}/h`, y: (x) => `$${plain(x)}`, marks, bands, written: (x) => `${dollars(x)}/h`,
    lines: [
      { kind: "warm", name: "a pool adds", points: points("warm_premium_usd_per_hour"), now: today.warm_premium_usd_per_hour },
      { kind: "late", name: "lateness costs", points: points("cold_tax_usd_per_hour"), now: today.cold_tax_usd_per_hour },
    ],
    drag: { value: s.requests_per_hour, low: general(rates[0].requests_per_hour, 2), high: general(rates.at(-1).requests_per_hour, 2),
      label: "requests per hour", says: (at) => `${plain(at)} requests per hour: ${report.verdicts.pays}`,
      to: (at, ended) => dragged("requests_per_hour", at, ended) },
  });
  fillTable("rates", "one product: what a warm pool adds, and what late requests cost without it",
    ["!requests/h", "boots/day", "late", "adds $/h", "late $/h", "!cheaper", "!"],
    even.table.map((row) => ({ mine: names.has(row.requests_per_hour), cells: [plain(row.requests_per_hour),
      three(row.cold_starts_per_day), percent(row.over_sla_fraction, 1),
      dollars(row.warm_premium_usd_per_hour), dollars(row.cold_tax_usd_per_hour),
      `!${row.cheaper}`, `!${names.get(row.requests_per_hour) ?? ""}`] })));
}
function dragged(name, x, ended) {
  set(name, String(x));
  document.querySelectorAll(`input[name="${name}"]`).forEach(fillIn);
  soon(name, ended ? 0 : 120);
}

function drawMoves(report) {
  const moved = report.migration, { networks } = report.curves, has = report.scenario.network_gb_s;
  const cross = moved.crossover_gb_s;
  $("cross").textContent = `Tokens take less time than KV cache below ${gbit(cross)} Gbit/s; this network has `
    + `${gbit(has)}. Tokens: ${duration(moved.ship_tokens_s)}, pause ${duration(moved.pause_s)}; KV cache: `
    + `${duration(moved.ship_kv_s)}, all of it a pause.`;
  $("evicted").textContent = report.verdicts.moves;
  const points = (key) => networks.map((row) => [8 * row.network_gb_s, row[key]]);
  plot("moves", {
    label: `Time of a move over the network: ${$("cross").textContent}`,
    x: (at) => `${at < 1 ? general(at, 3) : plain(at)} Gbit/s`, y: (x) => about(x), written: about,
    marks: cross ? [[8 * cross, `crossover ${gbit(cross)}`]] : [],
    bands: cross ? [{ from: 0, to: 8 * cross, name: "tokens are faster", kind: "tokens" },
      { from: 8 * cross, to: Infinity, name: "KV cache is faster", kind: "cache" }] : [],
    lines: [
      { kind: "cache", name: "KV cache", points: points("ship_kv_s"), now: moved.ship_kv_s },
      { kind: "tokens", name: "tokens", points: points("ship_tokens_s"), now: moved.ship_tokens_s },
    ],
    drag: { value: 8 * has, low: general(8 * networks[0].network_gb_s, 2), high: general(8 * networks.at(-1).network_gb_s, 2),
      label: "network, Gbit/s", says: (at) => `${plain(at)} Gbit/s: ${report.verdicts.moves}`,
      to: (at, ended) => dragged("network_gb_s", at / 8, ended) },
  });
  fillTable("networks", "time of a move, and its pause", ["!Gbit/s", "tokens", "pause", "KV cache"],
    networks.filter((_, i) => i % 8 === 0).map((row) => ({ cells: [gbit(row.network_gb_s),
      duration(row.ship_tokens_s), duration(row.pause_s), duration(row.ship_kv_s)] })));
}

function drawTraffic([day, raw]) {
  const pattern = document.querySelector("[name=pattern]"), kinds = [...new Set([...PATTERNS, day.run.pattern])];
  pattern.replaceChildren(...kinds.map((kind) => make("option", {}, kind)));
  pattern.value = day.run.pattern;
  for (const field of fields())
    if (!isFigure(field.name) && field !== document.activeElement) fillIn(field);
  $("day-command").textContent = typed("traffic");
  const { evictions } = day, lost = evictions.count ? `; ${plain(evictions.count)} evictions interrupt `
    + `${plain(evictions.interrupted)}, ${plain(evictions.migrated)} moved` : "";
  $("day").replaceChildren(`${plain(day.requests)} requests in ${plain(day.hours)} h: `,
    make("button", { type: "button", class: "term" }, "TTFT"),
    ` P50 ${duration(day.ttft_s.p50)}, P99 ${duration(day.ttft_s.p99)}, `
    + `${percent(day.over_sla_fraction, 2)} late, ${plain(day.cold_starts)} cold starts, `
    + `${dollars(day.usd)}${lost}`);
  $("evict").setAttribute("aria-pressed", day.run.evictions_per_day > 0);
  $("evictions").textContent = day.evictions_compared.map((row) => `${row.name}: ${plain(row.count)} evictions, `
    + `${plain(row.migrated)} requests moved, ${plain(row.restarted)} start over, pause P99 ${duration(row.pause_s.p99)}`).join(". ");
  if (day.events) drawFilm(raw === day || !last.report.layers.length ? [{ name: "raw", day }]
    : [{ name: "raw", day: raw }, { name: "yours", day }]);
  else drawHours(day.timeline);
  for (const id of ["play", "scrub"]) $(id).disabled = !day.events;
  const columns = [["requests", "requests"], ["cold_starts", "boots"], ["replicas", "replicas"], ["waiting", "waiting"]];
  fillTable("timeline", "by hour of day: how many, then how many at once on average",
    ["!hour", ...columns.map(([, name]) => name)],
    day.timeline.map((row) => ({ cells: [String(row.hour), ...columns.map(([key]) => plain(row[key]))] })));
}

// --- listening ------------------------------------------------------------------------------------

for (const form of document.querySelectorAll("form")) form.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("input", ({ target }) => {
  if (target.closest("#layers")) {
    chosen.layers = [...$("layers").querySelectorAll("input:checked")].map((box) => box.value);
    change();
  } else if (target.closest("#set")) {
    chosen.set = target.value;
    change();
  } else if (target.closest("#beside")) {
    chosen.page.delete("beside");
    if (target.value === "other") chosen.page.set("beside", "other");
    history.replaceState(null, "", location.pathname + address());
    drawPhases(last.report);
  } else if (target === $("scrub")) {
    play(false);
    seek(target.value / 1000);
  } else if (target === $("model")) {
    set("model", target.value);
    change();
  } else if (target.name === "pattern") {
    option("pattern", target.value);
    change();
  } else if (target.name) heard(target);
});
document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  if (target.inputMode === "decimal" && (key === "ArrowUp" || key === "ArrowDown")) {
    event.preventDefault();
    step(target, key === "ArrowUp");
  } else if (key === "Escape" && !$("figures").hidden) toggleFigures();
});
document.addEventListener("focusout", ({ target }) => {
  if (target.name === editing.name) editing = { name: "", at: 0 };
  if (target.name && target.value === "") fillIn(target);
});
addEventListener("popstate", () => {
  clearTimeout(waiting);
  editing = { name: "", at: 0 };
  readUrl();
  if (last.report) fillAll();
  if (!kept) load();
  kept = false;
  showStep();
});
function toggleFigures() {
  const opens = $("figures").hidden;
  $("figures").hidden = !opens;
  $("open").setAttribute("aria-expanded", opens);
  (opens ? $("figures").querySelector("input") : $("open"))?.focus();
}
async function copy(button, text) {
  const says = button.textContent;
  button.textContent = await navigator.clipboard.writeText(text).then(() => "copied", () => "not allowed");
  setTimeout(() => { button.textContent = says; }, 1200);
}
$("open").addEventListener("click", toggleFigures);
$("copy-link").addEventListener("click", ({ target }) => copy(target, location.href));
$("copy-command").addEventListener("click", ({ target }) => copy(target, $("command").textContent));
$("reset").addEventListener("click", () => {
  clear();
  fillAll();
  change();
});
$("evict").addEventListener("click", ({ target }) => { // a day with them, to see what migrate does there
  const on = target.getAttribute("aria-pressed") !== "true";
  option("evictions-per-day", on && "12");
  option("min-workers", on && "2");
  change();
});
$("cancel").addEventListener("click", cancel);
$("stop").addEventListener("click", () => { turn.abort(); busy(""); });
$("play").addEventListener("click", () => play(!film.playing));
document.addEventListener("click", ({ target }) => { // a term, explained where it stands
  if (!target.matches("button.term")) return;
  const gloss = $("gloss"), box = target.getBoundingClientRect();
  gloss.textContent = TERMS[target.textContent] ?? TERMS[target.textContent.toLowerCase()];
  gloss.showPopover?.();
  gloss.style.left = `${Math.max(Math.min(box.left, innerWidth - gloss.offsetWidth - 8), 8)}px`;
  gloss.style.top = `${box.bottom + gloss.offsetHeight + 8 > innerHeight ? box.top - gloss.offsetHeight - 4 : box.bottom + 4}px`;
});

function switches(id, name, pairs) {
  $(id).append(...pairs.map(([value, text]) => make("label", {}, make("input", { type: "radio", name, value }), text)));
}
switches("set", "figures", Object.keys(SETS).map((name) => [name, name]));
switches("beside", "beside", [["raw", "raw"], ["other", ""]]);
new ResizeObserver(drawAgain).observe(document.querySelector("main"));
addEventListener("beforeprint", () => { printing = true; drawAgain(); });
addEventListener("afterprint", () => { printing = false; drawAgain(); });
readUrl();
busy("");
addEventListener("DOMContentLoaded", follow);
