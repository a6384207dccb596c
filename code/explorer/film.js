"use strict";
// A day that can be watched: every request of a run as a dot, and lanes of the replicas that boot,
// work and idle, up to an instant that plays. What is raw and what is chosen have one scale.

const PATTERNS = ["poisson", "diurnal", "bursty"];
const film = { days: [], at: 1, playing: 0 }; // days: [{name, day}], share of the day that is shown

function drawFilm(shown) {
  const days = shown.map((each) => ({ ...each, lanes: lanesOf(each.day.events.replicas) }));
  film.days = days;
  const told = days.map(({ name, day }) => {
    const late = `${percent(day.over_sla_fraction, 2)} late`;
    return `${name}: ${plain(day.requests)} requests, ${late}, ${dollars(day.usd)}`;
  });
  const label = `Requests over the hours of the day, and replicas. ${told.join(". ")}`;
  canvas("film", label, (svg, width, height, em) => {
    svg.replaceChildren();
    const strip = (height - 1.3 * em) / days.length;
    const f = {
      ...scalesOf(days, width, em),
      em,
      foot: height - 1.3 * em,
      bottom: height - 0.2 * em,
    };
    drawClock(svg, f);
    days.forEach((each, i) => drawStrip(svg, f, each, strip * i, strip));
    const veil = make("rect", { class: "veil", y: 0, height: f.foot });
    const now = make("line", { class: "now", y1: 0, y2: f.foot });
    svg.append(veil, now);
    const soFar = days.map((_, i) =>
      [
        ["late", 2.2],
        ["paid", 3.4],
      ].map(([kind, line]) => write(svg, 0, strip * i + line * em, "", "start", `so-far ${kind}`)),
    );
    Object.assign(film, { x: f.x, right: f.right, until: f.until, nodes: { veil, now, soFar } });
    seek(film.at);
  });
}
// What all strips share: hours over the width, waits over the height, lanes of replicas.
function scalesOf(days, width, em) {
  const [left, right] = [8.6 * em, width - 0.6 * em];
  const until = 3600 * Math.max(...days.map(({ day }) => day.hours));
  const x = (t) => left + ((right - left) * Math.min(Math.max(t, 0), until)) / until;
  const { sla_s } = days[0].day.scenario;
  const waits = days.flatMap(({ day }) => day.events.requests.map((row) => row.ttft_s ?? 0));
  const slowest = waits.reduce((a, b) => Math.max(a, b), 2 * sla_s);
  const some = waits.filter((wait) => wait > 0).reduce((a, b) => Math.min(a, b), sla_s / 2);
  const fastest = Math.max(some, slowest / 1e5);
  const share = (wait) =>
    Math.log(Math.max(wait, fastest) / fastest) / Math.log(slowest / fastest);
  const most = Math.max(...days.flatMap(({ lanes }) => lanes), 0) + 1;
  return { left, right, until, x, sla_s, slowest, share, most };
}
function lanesOf(replicas) {
  // each replica on the first lane that is free again
  const free = [];
  return replicas.map((replica) => {
    const found = free.findIndex((gone) => gone <= replica.boot_s);
    const lane = found < 0 ? free.length : found;
    free[lane] = replica.gone_s ?? Infinity;
    return lane;
  });
}
function drawClock(svg, { x, until, em, foot, bottom }) {
  let every = until <= 25 * 3600 ? 6 : 24;
  while (x(every * 3600) - x(0) < 4 * em && every * 3600 < until) every *= 2;
  for (let hour = 0; hour * 3600 <= until; hour += every) {
    const at = x(hour * 3600);
    svg.append(make("line", { class: "grid", x1: at, x2: at, y1: 0, y2: foot }));
    write(svg, at, bottom, `${hour} h`, hour * 3600 === until ? "end" : "middle");
  }
}
// One day: above, each request at the time that it came and the height of its wait; below, lanes.
function drawStrip(svg, f, { name, day, lanes }, top, high) {
  const { left, right, em } = f;
  const ground = top + 0.62 * high;
  const y = (wait) => ground - 0.3 * em - (ground - top - 0.7 * em) * f.share(wait);
  const sla = { class: "sla", x1: left, x2: right, y1: y(f.sla_s), y2: y(f.sla_s) };
  svg.append(make("line", sla));
  write(svg, 0, top + em, name, "start", "name");
  drawLanes(svg, f, day.events, lanes, ground, (top + high - 0.35 * em - ground) / f.most);
  drawRequests(svg, f, day.events.requests, y);
  if (top) return; // the other strip has the same heights
  write(svg, left, y(f.sla_s) - 0.25 * em, `SLA ${about(f.sla_s)}`);
}
function drawLanes(svg, { x, until, em }, { replicas, requests }, lanes, ground, lane) {
  const high = Math.max(lane - 1, 1);
  const y = (replica) => ground + lane * lanes[replica - 1];
  const bar = (kind, replica, from, to) => {
    const area = { x: x(from), y: y(replica), width: x(to) - x(from), height: high };
    if (area.width > 0) svg.append(make("rect", { class: kind, ...area }));
  };
  for (const { replica, boot_s, ready_s, gone_s } of replicas) {
    bar("boots", replica, boot_s, ready_s ?? gone_s ?? until);
    if (ready_s !== null) bar("idles", replica, ready_s, gone_s ?? until);
  }
  const works = requests.flatMap(stretchesOf).map(({ replica, start_s, end_s }) => {
    const from = x(start_s);
    const to = Math.max(x(end_s), from + 0.6);
    return `M${from.toFixed(1)} ${(y(replica) + high / 2).toFixed(1)}H${to.toFixed(1)}`;
  });
  svg.append(make("path", { class: "works", d: works.join(""), "stroke-width": high }));
  const crosses = replicas
    .filter(({ cause }) => cause === "evicted")
    .map((row) => {
      const r = 0.28 * em;
      const [px, py] = [x(row.gone_s) - r, y(row.replica) + lane / 2 - r];
      return `M${px} ${py}l${2 * r} ${2 * r}m${-2 * r} 0l${2 * r} ${-2 * r}`;
    });
  svg.append(make("path", { class: "evicted", d: crosses.join("") }));
}
function stretchesOf({ earlier, replica, start_s, end_s }) {
  // of service
  return start_s === null ? earlier : [...earlier, { replica, start_s, end_s }];
}
function drawRequests(svg, { x, em, slowest }, requests, y) {
  // late ones are triangles
  const r = 0.24 * em;
  const dots = { late: [], "on-time": [] };
  for (const { arrival_s, ttft_s, late } of requests) {
    const [px, py] = [x(arrival_s).toFixed(1), y(ttft_s ?? slowest)];
    if (late) dots.late.push(`M${px} ${(py - r).toFixed(1)}l${r} ${1.7 * r}h${-2 * r}z`);
    else dots["on-time"].push(`M${px} ${py.toFixed(1)}h0`);
  }
  for (const [kind, marks] of Object.entries(dots)) {
    const look = { class: `dots ${kind}`, "stroke-width": 0.36 * em };
    svg.append(make("path", { ...look, d: marks.join("") }));
  }
}
function write(svg, x, y, says, anchor = "start", kind = "") {
  return svg.appendChild(make("text", { x, y, "text-anchor": anchor, class: kind }, says));
}

function seek(share) {
  // shows the day up to this share of it
  film.at = Math.min(Math.max(share, 0), 1);
  $("scrub").value = Math.round(1000 * film.at);
  if (!film.days.length || !film.nodes) return;
  const t = film.at * film.until;
  const { veil, now, soFar } = film.nodes;
  veil.setAttribute("x", film.x(t));
  veil.setAttribute("width", Math.max(film.right - film.x(t) + 1, 0));
  for (const side of ["x1", "x2"]) now.setAttribute(side, film.x(t));
  const minutes = Math.round(t / 60);
  const clock = `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
  $("clock").textContent = clock;
  $("scrub").setAttribute("aria-valuetext", `${clock} h`);
  film.days.forEach(({ day: { events } }, i) => {
    const came = events.requests.filter((row) => row.arrival_s <= t);
    const late = came.filter((row) => row.late).length;
    const [lateness, bill] = soFar[i];
    lateness.textContent = `${plain(late)} late, ${percent(late / (came.length || 1), 0)}`;
    bill.textContent = dollars(paid(events.bill, t));
  });
}
function paid(bill, t) {
  // between two lines of a bill it grows evenly
  const i = bill.findIndex((x) => x.at_s >= t);
  if (i <= 0) return bill.at(i < 0 ? -1 : 0)?.usd ?? 0;
  const [a, b] = [bill[i - 1], bill[i]];
  return a.usd + ((b.usd - a.usd) * (t - a.at_s)) / (b.at_s - a.at_s || 1);
}
function play(on) {
  cancelAnimationFrame(film.playing);
  film.playing = 0;
  if (on) {
    if (film.at >= 1) seek(0);
    let before = performance.now();
    const step = (now) => {
      seek(film.at + (now - before) / 20000); // a day in twenty seconds
      before = now;
      if (film.at < 1) film.playing = requestAnimationFrame(step);
      else play(false);
    };
    film.playing = requestAnimationFrame(step);
  }
  $("play").textContent = film.playing ? "pause" : "play";
}

// By the hour of the day: where it has too many requests for dots, and in the table.
const HOURLY = [
  ["requests", "requests"],
  ["cold_starts", "boots"],
  ["replicas", "replicas"],
  ["waiting", "waiting"],
];
function drawHours(rows) {
  play(false);
  $("clock").textContent = "";
  film.days = [];
  const label = `By hour of day: ${HOURLY.map(([, name]) => name).join(", ")}`;
  canvas("film", label, (svg, width, height, em) => {
    svg.replaceChildren();
    const left = 5.5 * em;
    const step = (width - left) / 24;
    const strip = (height - 1.4 * em) / HOURLY.length;
    HOURLY.forEach(([key, name], i) => {
      const most = Math.max(...rows.map((row) => row[key]), 0);
      const foot = strip * (i + 1) - 0.2 * em;
      write(svg, 0, foot - Math.min(1.1 * em, strip / 2), name);
      write(svg, 0, foot, `most ${plain(most)}`);
      for (const row of rows) {
        const high = most ? ((strip - 0.4 * em) * row[key]) / most : 0;
        const area = {
          x: left + step * row.hour + 1,
          y: foot - high,
          width: Math.max(step - 2, 1),
          height: high,
        };
        svg.append(make("rect", { class: "hour", ...area }));
      }
    });
    for (let hour = 0; hour < 24; hour += 6)
      write(svg, left + step * (hour + 0.5), height - 0.2 * em, `${hour} h`, "middle");
  });
}

// What a run says, and its pictures; `raw` is the same day without layers.
function drawTraffic([day, raw]) {
  drawDayFields(day);
  $("day-command").textContent = typed("traffic");
  const { ttft_s, evictions } = day;
  const late = `${percent(day.over_sla_fraction, 2)} late`;
  const hit = day.evictions_compared.filter((row) => row.pause_s.p50 !== null);
  const stuck = hit.length && !hit.at(-1).migrated ? ": none moved, for no other had room" : "";
  const pauses = hit.map((row) => `${duration(row.pause_s.p50)} ${row.name}`).join(", ") + stuck;
  const lost = evictions.count
    ? `; ${plain(evictions.count)} evictions, ${pauses ? `pause P50 ${pauses}` : "of no request"}`
    : "";
  $("day").replaceChildren(
    `${plain(day.requests)} requests in ${plain(day.hours)} h: `,
    make("button", { type: "button", class: "term" }, "TTFT"),
    ` P50 ${duration(ttft_s.p50)}, P99 ${duration(ttft_s.p99)}, ${late}, ` +
      `${plain(day.cold_starts)} cold starts, ${dollars(day.usd)}${lost}`,
  );
  const compared = day.evictions_compared.map(
    (row) =>
      `${row.name}: ${plain(row.count)} evictions, ` +
      `${plain(row.migrated)} requests moved, ${plain(row.restarted)} start over, ` +
      `pause P99 ${duration(row.pause_s.p99)}`,
  );
  $("evictions").textContent = compared.join(". ");
  const yours = { name: last.report.layers.length ? "your layers" : "no layers", day };
  const beside = raw && last.report.layers.length ? [{ name: "no layers", day: raw }] : [];
  if (!day.events) drawHours(day.timeline);
  else drawFilm([...beside, yours]);
  for (const id of ["play", "scrub"]) $(id).disabled = !day.events;
  $("key-dots").hidden = !day.events;
  $("key-hours").hidden = Boolean(day.events);
  fillTable(
    "timeline",
    "by hour of day: how many, then how many at once on average",
    ["!hour", ...HOURLY.map(([, name]) => name)],
    day.timeline.map((row) => ({
      cells: [String(row.hour), ...HOURLY.map(([key]) => plain(row[key]))],
    })),
  );
}
const evicts = () => Number(optionNow("evictions-per-day")) > 0;
const drawEvict = () => $("evict").setAttribute("aria-pressed", evicts());
function drawDayFields({ run }) {
  // as the run has them, but for what is being typed
  const kinds = [...new Set([...PATTERNS, run.pattern])];
  const pattern = $("pattern");
  pattern.replaceChildren(...kinds.map((kind) => make("option", {}, kind)));
  pattern.value = run.pattern;
  for (const field of fields()) {
    if (!isFigure(field.name) && field !== typing && !unread(field)) fillIn(field);
  }
  drawEvict();
  $("key-evicted").hidden = !run.evictions_per_day;
}
