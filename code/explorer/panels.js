"use strict";
// The report on the page: totals, advice, what a change did, layers, the path, stacks.

function fillTable(id, caption, heads, rows) {
  // a cell is a text or a node; "!" before a word
  const cell = (tag, x, scope) => {
    const wordy = typeof x !== "string" || x.startsWith("!");
    const node = make(
      tag,
      wordy ? { class: "words" } : {},
      wordy && typeof x === "string" ? x.slice(1) : x,
    );
    if (scope) node.setAttribute("scope", scope);
    return node;
  };
  const body = rows.map(({ cells, mine }) =>
    make(
      "tr",
      mine ? { class: "mine" } : {},
      ...cells.map((x, i) => cell(i ? "td" : "th", x, i ? "" : "row")),
    ),
  );
  $(id).replaceChildren(
    make("caption", {}, caption),
    make("thead", {}, make("tr", {}, ...heads.map((x) => cell("th", x, "col")))),
    make("tbody", {}, ...body),
  );
}

function drawReport(report, was) {
  $("total").textContent = duration(report.cold_start_s);
  $("speedup").textContent = `${fixed(report.speedup, 1)}x`;
  $("raw").textContent = duration(report.raw_cold_start_s);
  const { low, high } = report.range_s;
  $("range").textContent = `${low < high ? `${end(low)}-` : ""}${end(high)} s`;
  $("first").textContent = duration(report.first_request_ttft_s);
  $("rent").textContent = dollars(report.standing_usd_per_month).replace(/^\$0\.00$/, "$0");
  $("command").textContent = typed("report");
  drawAdvice(report);
  drawControls(report);
  if (was) tellChange(changed(was, report));
  else if (report.layers.length) $("change").textContent = ""; // a link brings its own
  drawPhases(report, was);
  drawStacks(report);
  drawMoney(report);
  drawMoves(report);
  document.body.classList.add("drawn");
  stepDrawn(report);
}
function drawAdvice(report) {
  // the next command of the report, as a button
  const { text, command } = report.finding;
  const behind = text.replace(/^.*?\. /, ""); // what comes first is the total, and stands large
  $("finding").textContent = in_words(behind, report);
  const pairs = [...command.matchAll(/--([\w-]+) ([^\s\\]+)/g)].map(([, name, x]) => [name, x]);
  const next = pairs.filter(([name]) => name === "with").flatMap(([, x]) => x.split(","));
  const more = next.filter((name) => name !== "all" && !report.layers.includes(name));
  $("advice").hidden = !command;
  $("advice").textContent = more.length ? `put on ${more.join(", ")}` : "do that";
  $("advice").onclick = () => {
    // besides what is chosen meanwhile
    chosen.layers = [...new Set([...chosen.layers, ...next])];
    for (const [, x] of pairs.filter(([name]) => name === "set")) {
      const [figure, value] = x.split("=");
      if (String(report.scenario[figure]) !== value) set(figure, value);
    }
    change();
  };
}

// What is another one than a moment ago, and what that does: "preseed: -180 s, 328 -> 148 s".
function changed(was, now) {
  const parts = [
    ...now.layers.filter((name) => !was.layers.includes(name)),
    ...was.layers.filter((name) => !now.layers.includes(name)).map((name) => `without ${name}`),
  ];
  const known = was.alone.map((row) => row.name);
  const added = now.alone.filter((row) => !known.includes(row.name));
  const layersAlone = parts.length > 0;
  const model = now.scenario.model !== was.scenario.model;
  if (now.figures !== was.figures) parts.push(`figures ${SETS[now.figures] ?? now.figures}`);
  else if (model) parts.push(`${was.scenario.model} -> ${now.scenario.model}`);
  else {
    const others = Object.keys(now.scenario).filter(
      (name) => now.scenario[name] !== was.scenario[name],
    );
    const told = others.map(
      (name) => `${name} ${was.scenario[name] ?? "none"} -> ${now.scenario[name] ?? "none"}`,
    );
    parts.push(...told.slice(0, 3), ...(told.length > 3 ? [`and ${told.length - 3} more`] : []));
  }
  if (added.length && was.scenario.known_cold_start_s === now.scenario.known_cold_start_s)
    parts.push(...added.map((row) => `new: ${row.name}`));
  if (!parts.length) return "";
  const [a, b] = [was.cold_start_s, now.cold_start_s];
  const says = [];
  const pair = (x, y) =>
    Math.min(x, y) >= 0.9995 ? `${plain(x)} -> ${plain(y)} s` : `${about(x)} -> ${about(y)}`;
  if (a !== b)
    says.push(`${layersAlone ? `${a < b ? "+" : ""}${about(b - a)}, ` : ""}${pair(a, b)}`);
  const [first, then] = [was.first_request_ttft_s, now.first_request_ttft_s];
  if (first !== then && (then !== b || first !== a))
    says.push(`first request ${pair(first, then)}`);
  const [rented, rents] = [was.standing_usd_per_month, now.standing_usd_per_month];
  if (rented !== rents) says.push(`rent ${dollars(rented)} -> ${dollars(rents)} a month`);
  const [few, many] = [was, now].map((x) => x.warm_pool.gpus_per_replica);
  if (few !== many) says.push(`GPUs of a replica ${few} -> ${many}`);
  const [still, moves] = [was.migration.eviction_pause_s, now.migration.eviction_pause_s];
  if (a === b && still !== moves)
    says.push(`an evicted request stands still ${pair(still, moves)}`);
  const [before, regime] = [was, now].map((x) => REGIMES[x.curves.today.cheaper][0]);
  if (!says.length && before !== regime) says.push(`${before} -> ${regime}`);
  const [even, pays] = [was, now].map((x) => x.break_even.requests_per_hour);
  if (!says.length && even !== pays) says.push(`break-even ${three(even)} -> ${three(pays)}/h`);
  return `${parts.join(", ")}: ${says.join("; ") || `the path stays ${about(b)}`}`;
}

function tellChange(says) {
  $("change").textContent = says;
  $("change").classList.remove("flash");
  $("change").getBoundingClientRect(); // so that it flashes anew
  $("change").classList.add("flash");
}

function drawControls(report) {
  chosen.layers = report.layers; // `all` has become their names
  if (String(valuesOf($("model").options)) !== String(report.models))
    $("model").replaceChildren(...report.models.map((name) => make("option", {}, name)));
  $("model").value = report.scenario.model;
  chosen.set = report.figures;
  for (const radio of $("set").querySelectorAll("input"))
    radio.checked = radio.value === report.figures;
  drawLayers(report);
  for (const field of $("figures").querySelectorAll("input[name]"))
    if (!isFigure(field.name)) field.closest(".figure").remove(); // it has another name now
  const mine = new Set(report.changed.map((row) => row.name));
  for (const [name, x] of Object.entries(report.scenario)) {
    if (name === "model") continue;
    if (!$(`f-${name}`)) $(LABELS[name] ? "fields" : "others").append(figureField(name));
    for (const field of document.querySelectorAll(`input[name="${name}"]`)) {
      field.closest("label").classList.toggle("yours", mine.has(name));
      field.title = `${name}: ${fileFigure(name)} in the file`;
      field.setAttribute("aria-valuenow", x ?? "");
      if (field !== typing && !unread(field)) field.value = x ?? "";
    }
  }
}
const in_words = (text, report) =>
  // image_pull in a sentence: image pull
  report.phases.reduce((told, row) => told.replaceAll(row.name, words_of(row.name)), text);
function layerBox({ name, number }) {
  const box = make("input", { type: "checkbox", value: name });
  const title = make("span", { class: "name" }, box, `${number} ${name}`);
  return make("label", { class: "layer" }, title, make("b", { class: "saves" }), make("small"));
}
function drawLayers(report) {
  const boxes = $("layers").querySelectorAll("input");
  if (String(valuesOf(boxes)) !== String(report.alone.map((row) => row.name))) {
    $("layers")
      .querySelectorAll("label")
      .forEach((node) => node.remove());
    $("layers").append(...report.alone.map(layerBox));
  }
  const effects = new Map(report.effects.map((row) => [row.name, row]));
  [...$("layers").querySelectorAll("label")].forEach((label, i) => {
    const row = report.alone[i];
    const effect = effects.get(row.name);
    const box = label.querySelector("input");
    const [off, on] = effect.standing_usd_per_month;
    box.checked = report.layers.includes(row.name);
    label.title = `${row.tool}. ${row.attacks.map(words_of).join(", ") || row.aim}: ${row.tradeoff}; needs ${row.needs}`;
    label.classList.toggle("idle", row.note.includes("lies idle"));
    label.querySelector(".saves").textContent = saves(effect);
    label.querySelector("small").textContent =
      in_words(row.note.replace(`${row.name} `, ""), report) ||
      row.tool.replaceAll("->", "\u2192") +
        (on > off ? `; ${dollars(on - off).replace(/\.00$/, "")}/month` : "");
  });
}
function saves({ cold_start_s, first_request_ttft_s, eviction_pause_s }) {
  // without it, with it
  const [off, on] = cold_start_s;
  if (off !== on) return `${on > off ? "+" : ""}${about(on - off)}`;
  if (first_request_ttft_s[0] !== first_request_ttft_s[1])
    return `first: ${about(first_request_ttft_s[1])}`;
  if (eviction_pause_s[0] !== eviction_pause_s[1]) return `pause ${about(eviction_pause_s[1])}`;
  return "0 s";
}

function drawPhases(report, was) {
  const other = report.other_figures; // none where only a total is known
  const beside = chosen.page.get("beside") && other ? "other" : "raw";
  for (const radio of $("beside").querySelectorAll("input"))
    radio.checked = radio.value === beside;
  const choice = $("beside").lastElementChild;
  choice.hidden = !other;
  if (other) choice.lastChild.textContent = SETS[other.figures] ?? other.figures;
  const rows = barsOf(report, was === report ? undefined : was, beside === "other" ? other : null);
  const told = rows.map((row) => `${row.title} ${row.says}`).join("; ");
  const ends = rows.flatMap((row) => [row.here[1], row.beside[1]]);
  const label = `A cold start of ${about(report.cold_start_s)}: ${told}`;
  waterfall("path", label, rows, Math.max(...ends, report.raw_cold_start_s));
  drawPath("phases", report);
  $("other").hidden = !other;
  $("elsewhere").textContent = other ? other.text : "";
  if (other) drawPath("other", other);
}
// Each phase as the chart has it: here, before the last change, and raw or by the other figures.
function barsOf(report, was, other) {
  const { cold_start_s: end_s, raw_cold_start_s: raw_seconds } = report;
  const whole = { name: "cold_start", start_s: 0, end_s, seconds: end_s, raw_seconds };
  const known = report.phases.length
    ? report.phases
    : [{ ...whole, range_s: [0, 0], changed_by: [] }];
  const spans = (path) => new Map(path?.phases.map((row) => [row.name, [row.start_s, row.end_s]]));
  const [before, there] = [was, other].map(spans);
  let raw_s = 0;
  return known.map((row) => {
    const here = [row.start_s, row.end_s];
    const raw = [raw_s, (raw_s += row.raw_seconds)];
    const ghost = before.get(row.name) ?? here;
    return {
      name: row.name,
      title: words_of(row.name),
      says: [about(row.seconds), ...row.changed_by].join(", "),
      here,
      ghost: String(ghost) === String(here) ? [0, 0] : ghost,
      beside: there.get(row.name) ?? raw,
      low: row.range_s[0],
      high: row.range_s[1],
    };
  });
}
function drawPath(id, path) {
  const rows = path.phases.map((row) => ({
    cells: [
      words_of(row.name),
      three(row.raw_seconds),
      three(row.seconds),
      `${end(row.range_s[0])}-${end(row.range_s[1])}`,
      `!${row.changed_by.join(", ")}`,
    ],
  }));
  rows.push({
    cells: ["total", three(path.raw_cold_start_s), three(path.cold_start_s), "", ""],
    mine: true,
  });
  fillTable(
    id,
    `figures: ${SETS[path.figures] ?? path.figures}`,
    ["!phase", "raw s", "here s", "published s", "!changed by"],
    rows,
  );
}
function drawStacks(report) {
  const focused = document.activeElement;
  const held = $("stacks").contains(focused) && focused.textContent;
  const rows = report.stacks.map((row) => {
    const button = make("button", { type: "button" }, row.layers.join(", ") || "none");
    button.onclick = () => {
      chosen.layers = row.layers;
      change();
    };
    const mine = String(row.layers) === String(report.layers);
    const yours = mine
      ? [
          make("span", { "aria-hidden": "true" }, "\u25b8"),
          make("span", { class: "visually-hidden" }, "yours"),
        ]
      : [];
    return {
      cells: [
        make("span", {}, ...yours),
        three(row.cold_start_s),
        `${fixed(row.speedup, 1)}x`,
        dollars(row.standing_usd_per_month),
        button,
      ],
      mine,
    };
  });
  fillTable(
    "stacks",
    "press a stack to take its layers",
    ["!", "path s", "speed-up", "rent $/month", "!layers"],
    rows,
  );
  [...$("stacks").querySelectorAll("button")]
    .find((button) => button.textContent === held)
    ?.focus();
}
