"use strict";
// What a pool and late requests cost over the rate, and what moves faster over the network.

const REGIMES = {
  "scale-to-zero": ["scale to zero", "zero"],
  "warm-pool": ["a warm pool pays", "pool"],
  either: ["traffic keeps it warm", "busy"],
  equal: ["", "zero"],
};
const tick = (at) => (at < 1 ? general(at, 3) : plain(at));
// Of a figure whose axis has so many of its unit: one line over its curve, and where it is today.
const lineOver = (figure, units, curve, today) => (kind, name, key) => {
  const points = curve.map((row) => [units * row[figure], row[key]]);
  return { kind, name, points, now: today[key] };
};
function drawMoney(report) {
  const even = report.break_even;
  const { rates, today } = report.curves;
  const pairs = [
    [even.self_warm_requests_per_hour, "self-warm"],
    [even.requests_per_hour, "break-even"],
    [even.requests_per_hour_high, "break-even"],
  ];
  const names = new Map(pairs.filter(([rate]) => rate));
  $("regime").textContent = even.regime;
  $("pays").textContent = report.verdicts.pays;
  const line = lineOver("requests_per_hour", 1, rates, today);
  const label = `What a warm pool adds and what late requests cost, over the rate: ${even.regime}`;
  const said = (at) => `${plain(at)} requests per hour: ${report.verdicts.pays}`;
  plot("money", label, {
    x: (at) => `${tick(at)}/h`,
    y: (x) => `$${x < 0.001 ? exponential(x, 0) : tick(x)}`,
    written: (x) => `${dollars(x)}/h`,
    marks: [...names]
      .map(([rate, name]) => [rate, `${name} ${three(rate)}/h`])
      .sort(([a], [b]) => a - b),
    bands: regimes([...names.keys()], rates),
    lines: [
      line("warm", "a pool adds", "warm_premium_usd_per_hour"),
      line("late", "lateness costs", "cold_tax_usd_per_hour"),
    ],
    drag: slider("requests_per_hour", "requests per hour", 1, report, said),
  });
  drawRates(even.table, names);
}
// From each rate to the next that parts two regimes, what is cheaper there.
function regimes(parts, rates) {
  const edges = [0, ...parts.sort((a, b) => a - b), Infinity];
  const bands = [];
  edges.slice(1).forEach((to, i) => {
    const within = rates.filter(({ requests_per_hour: at }) => at > edges[i] && at < to);
    if (!within.length) return; // narrower than a step of the curve: it goes with the next
    const [name, kind] = REGIMES[within[Math.floor(within.length / 2)].cheaper];
    if (bands.at(-1)?.name === name) bands.at(-1).to = to;
    else bands.push({ from: bands.at(-1)?.to ?? 0, to, name, kind });
  });
  return bands;
}
function drawRates(table, names) {
  const cells = (row) => [
    plain(row.requests_per_hour),
    three(row.cold_starts_per_day),
    percent(row.over_sla_fraction, 1),
    dollars(row.warm_premium_usd_per_hour),
    dollars(row.cold_tax_usd_per_hour),
    `!${row.cheaper}`,
    `!${names.get(row.requests_per_hour) ?? ""}`,
  ];
  fillTable(
    "rates",
    "one product: what a warm pool adds, and what late requests cost without it",
    ["!requests/h", "boots/day", "late", "adds $/h", "late $/h", "!cheaper", "!"],
    table.map((row) => ({ mine: names.has(row.requests_per_hour), cells: cells(row) })),
  );
}
// A figure that can be dragged along its curve; the axis has so many of its unit.
function slider(name, label, units, report, says) {
  const to = (at) => {
    set(name, String(at / units));
    document.querySelectorAll(`input[name="${name}"]`).forEach(fillIn);
    soon(name, 120);
  };
  const value = units * report.scenario[name];
  const asked = () => units * Number(chosen.figures.get(name) ?? fileFigure(name));
  return { value, chosen: () => (asked() >= 0 ? asked() : value), label, says, to };
}

function drawMoves(report) {
  const moved = report.migration;
  const { networks } = report.curves;
  const cross = 8 * moved.crossover_gb_s; // Gbit/s
  $("cross").textContent =
    `Tokens take less time than KV cache below ${gbit(cross / 8)} Gbit/s; this network has ` +
    `${gbit(report.scenario.network_gb_s)}. Tokens: ${duration(moved.ship_tokens_s)}, pause ` +
    `${duration(moved.pause_s)}; KV cache: ${duration(moved.ship_kv_s)}, all of it a pause.`;
  $("evicted").textContent = report.verdicts.moves;
  const line = lineOver("network_gb_s", 8, networks, moved);
  const sides = [
    { from: 0, to: cross, name: "tokens are faster", kind: "tokens" },
    { from: cross, to: Infinity, name: "KV cache is faster", kind: "cache" },
  ];
  const said = (at) => `${plain(at)} Gbit/s: ${report.verdicts.moves}`;
  plot("moves", `Time of a move over the network: ${$("cross").textContent}`, {
    x: (at) => `${tick(at)} Gbit/s`,
    y: about,
    written: about,
    marks: cross ? [[cross, `crossover ${gbit(cross / 8)} Gbit/s`]] : [],
    bands: cross ? sides : [],
    lines: [
      line("cache", "moving KV cache", "ship_kv_s"),
      line("tokens", "moving tokens", "ship_tokens_s"),
    ],
    drag: slider("network_gb_s", "network, Gbit/s", 8, report, said),
  });
  const cells = (row) => [
    gbit(row.network_gb_s),
    ...["ship_tokens_s", "pause_s", "ship_kv_s"].map((key) => duration(row[key])),
  ];
  const rows = networks.filter((_, i) => i % 8 === 0).map((row) => ({ cells: cells(row) }));
  fillTable(
    "networks",
    "time of a move, and its pause",
    ["!Gbit/s", "tokens", "pause", "KV cache"],
    rows,
  );
}
