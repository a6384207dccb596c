"use strict";
// A day that can be watched: every request of a run as a dot, and lanes of the replicas that boot,
// work and idle, up to an instant that plays. What is raw and what is chosen have one scale.

const film = { days: [], at: 1, playing: 0 }; // days: [{name, day}], share of the day that is shown

function lanesOf(replicas, until) { // each replica on the first lane that is free again
  const free = [];
  return replicas.map((replica) => {
    let lane = free.findIndex((gone) => gone <= replica.boot_s);
    if (lane < 0) lane = free.length;
    free[lane] = replica.gone_s ?? until;
    return lane;
  });
}
const stretchesOf = (request) => [...request.earlier,
  ...(request.start_s === null ? [] : [{ replica: request.replica, start_s: request.start_s, end_s: request.end_s }])];

function drawFilm(days) {
  film.days = days.map(({ name, day }) => ({ name, day, lanes: lanesOf(day.events.replicas, day.hours * 3600) }));
  const told = film.days.map(({ name, day }) => `${name}: ${plain(day.requests)} requests, `
    + `${percent(day.over_sla_fraction, 2)} late, ${dollars(day.usd)}`);
  const sla = days[0].day.scenario.sla_s;
  canvas("film", `Requests over the hours of the day, and replicas. ${told.join(". ")}`, (svg, width, height, em, same) => {
    svg.replaceChildren();
    const left = 8.6 * em, right = width - 0.6 * em, foot = height - 1.3 * em;
    const until = 3600 * Math.max(...film.days.map(({ day }) => day.hours));
    const sx = (t) => left + ((right - left) * Math.min(Math.max(t, 0), until)) / until;
    const waits = film.days.flatMap(({ day }) => day.events.requests.map((x) => x.ttft_s ?? 0));
    const slowest = Math.max(...waits, 2 * sla), fastest = Math.max(Math.min(...waits.filter((x) => x > 0), sla / 2), slowest / 1e5);
    const most = Math.max(...film.days.flatMap(({ lanes }) => lanes), 0) + 1;
    const strip = foot / film.days.length;
    const every = until <= 25 * 3600 ? 6 : 24;
    for (let hour = 0; hour * 3600 <= until; hour += every) {
      svg.append(make("line", { class: "grid", x1: sx(hour * 3600), x2: sx(hour * 3600), y1: 0, y2: foot }));
      write(svg, sx(hour * 3600), height - 0.2 * em, `${hour} h`, hour * 3600 === until ? "end" : "middle");
    }
    film.days.forEach(({ name, day, lanes }, i) => {
      const top = strip * i, ground = top + strip * 0.62, floor = top + strip - 0.35 * em;
      const sy = (wait) => ground - 0.3 * em - ((ground - top - 0.7 * em)
        * Math.log(Math.max(wait, fastest) / fastest)) / Math.log(slowest / fastest);
      svg.append(make("line", { class: "sla", x1: left, x2: right, y1: sy(sla), y2: sy(sla) }));
      write(svg, 0, top + 1 * em, name, "start", "name");
      const high = (floor - ground) / most;
      const lane = (replica) => ground + high * lanes[replica - 1];
      const bar = (kind, replica, a, b) => {
        if (sx(b) > sx(a)) svg.append(make("rect", { class: kind, x: sx(a), y: lane(replica),
          width: sx(b) - sx(a), height: Math.max(high - 1, 1) }));
      };
      for (const x of day.events.replicas) {
        const gone = x.gone_s ?? until;
        bar("boots", x.replica, x.boot_s, x.ready_s ?? gone);
        if (x.ready_s !== null) bar("idles", x.replica, x.ready_s, gone);
      }
      const works = day.events.requests.flatMap(stretchesOf).map((x) => {
        const y = lane(x.replica) + Math.max(high - 1, 1) / 2;
        return `M${sx(x.start_s).toFixed(1)} ${y.toFixed(1)}H${Math.max(sx(x.end_s), sx(x.start_s) + 0.6).toFixed(1)}`;
      });
      svg.append(make("path", { class: "works", d: works.join("") || "M0 0", "stroke-width": Math.max(high - 1, 1) }));
      const lost = day.events.replicas.filter((x) => x.cause === "evicted").map((x) => {
        const px = sx(x.gone_s), y = lane(x.replica) + high / 2, r = 0.28 * em;
        return `M${px - r} ${y - r}L${px + r} ${y + r}M${px - r} ${y + r}L${px + r} ${y - r}`;
      });
      if (lost.length) svg.append(make("path", { class: "evicted", d: lost.join("") }));
      const dots = { late: [], "on-time": [] };
      for (const x of day.events.requests) {
        const px = sx(x.arrival_s).toFixed(1), y = sy(x.ttft_s ?? slowest), r = 0.24 * em;
        if (x.late) dots.late.push(`M${px} ${(y - r).toFixed(1)}l${r} ${1.7 * r}h${-2 * r}z`);
        else dots["on-time"].push(`M${px} ${y.toFixed(1)}h0`);
      }
      for (const [kind, marks] of Object.entries(dots))
        svg.append(make("path", { class: `dots ${kind}`, d: marks.join(""), "stroke-width": 0.36 * em }));
    });
    svg.append(make("rect", { class: "veil", y: 0, height: foot }), make("line", { class: "now", y1: 0, y2: foot }));
    Object.assign(film, { sx, right, until, svg });
    for (const kind of ["late", "paid"])
      film.days.forEach((_, i) => write(svg, 0, strip * i + (kind === "late" ? 2.2 : 3.4) * em, "", "start", `so-far ${kind}`));
    seek(film.at);
  });
}
function write(svg, x, y, says, anchor = "start", kind = "") {
  svg.append(make("text", { x, y, "text-anchor": anchor, class: kind }, says));
}

function seek(share) { // shows the day up to this share of it
  film.at = Math.min(Math.max(share, 0), 1);
  $("scrub").value = Math.round(1000 * film.at);
  if (!film.days.length || !film.svg?.querySelector(".veil")) return;
  const t = film.at * film.until, px = film.sx(t);
  const [veil, now] = [".veil", ".now"].map((kind) => film.svg.querySelector(kind));
  veil.setAttribute("x", px);
  veil.setAttribute("width", Math.max(film.right - px + 1, 0));
  for (const side of ["x1", "x2"]) now.setAttribute(side, px);
  const minutes = Math.round(t / 60);
  const clock = `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
  $("clock").textContent = clock;
  $("scrub").setAttribute("aria-valuetext", `${clock} h`);
  film.days.forEach(({ day: { events: { requests, bill } } }, i) => {
    const came = requests.filter((x) => x.arrival_s <= t), late = came.filter((x) => x.late).length;
    film.svg.querySelectorAll(".so-far.late")[i].textContent = `${plain(late)} late, ${percent(late / (came.length || 1), 0)}`;
    film.svg.querySelectorAll(".so-far.paid")[i].textContent = dollars(paid(bill, t));
  });
}
function paid(bill, t) { // between two lines of a bill it grows evenly
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

// Where a day has too many requests for dots: by the hour.
function drawHours(rows) {
  film.days = [];
  const columns = [["requests", "requests"], ["cold_starts", "boots"], ["replicas", "replicas"], ["waiting", "waiting"]];
  canvas("film", `By hour of day: ${columns.map(([, name]) => name).join(", ")}`, (svg, width, height, em) => {
    svg.replaceChildren();
    const left = 5.5 * em, step = (width - left) / 24, strip = (height - 1.4 * em) / columns.length;
    columns.forEach(([key, name], i) => {
      const most = Math.max(...rows.map((row) => row[key]), 0), foot = strip * (i + 1) - 0.2 * em;
      write(svg, 0, foot - Math.min(1.1 * em, strip / 2), name);
      write(svg, 0, foot, `most ${plain(most)}`);
      for (const row of rows) {
        const high = most ? ((strip - 0.4 * em) * row[key]) / most : 0;
        svg.append(make("rect", { class: "hour", x: left + step * row.hour + 1, width: Math.max(step - 2, 1), y: foot - high, height: high }));
      }
    });
    for (let hour = 0; hour < 24; hour += 6) write(svg, left + step * (hour + 0.5), height - 0.2 * em, `${hour} h`, "middle");
  });
}
