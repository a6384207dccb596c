"use strict";
// Pictures, each one image with a table beside it in the page. They draw figures and work out
// none; what lies between two points of a curve is drawn and never written.

const NS = "http://www.w3.org/2000/svg";
const SHAPES = ["svg", "g", "line", "path", "text", "rect", "circle"];
function make(tag, attributes = {}, ...children) {
  const node = SHAPES.includes(tag)
    ? document.createElementNS(NS, tag)
    : document.createElement(tag);
  for (const [name, x] of Object.entries(attributes)) node.setAttribute(name, x);
  node.append(...children);
  return node;
}

const drawn = {}; // by picture, how to draw it again where its size changes
let printing = false;
const drawAgain = () => Object.values(drawn).forEach((draw) => draw());

// Draws into an image that fills its figure: `draw(svg, width, height, em)`.
function canvas(id, label, draw) {
  drawn[id] = () => {
    const figure = $(id);
    const em = parseFloat(getComputedStyle(figure).fontSize);
    const paper = figure.closest("#p-money, #p-moves") ? 50 : 103; // em across, half or all of it
    const width = printing ? paper * em : figure.clientWidth;
    const height = printing ? 15 * em : figure.clientHeight;
    const old = figure.querySelector("svg");
    const same = old?.getAttribute("viewBox") === `0 0 ${width} ${height}`;
    const svg = same
      ? old
      : make("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "font-size": em });
    svg.setAttribute("aria-label", label);
    if (width > 100 && height > 40) draw(svg, width, height, em);
    if (!same) {
      old?.remove();
      figure.prepend(svg);
    }
  };
  drawn[id]();
}
// The nodes of an image by name: the same from one drawing to the next, so that they can move.
// Behind are axes, before are words and dots; what lies between ends where the plot does.
const BEHIND = /^(axis|band)/;
const BEFORE = /^(dot|now)/;
class Keeper {
  constructor(svg) {
    this.kept = svg.kept ??= new Map();
    this.layers = svg.layers ??= ["g", "svg", "g"].map((tag) => svg.appendChild(make(tag)));
    this.used = new Set();
  }
  node(key, tag, attributes, ...children) {
    if (!this.kept.has(key)) {
      const layer =
        BEFORE.test(attributes.class) || tag === "text"
          ? 2
          : BEHIND.test(attributes.class)
            ? 0
            : 1;
      this.kept.set(key, this.layers[layer].appendChild(make(tag)));
    }
    const node = this.kept.get(key);
    this.used.add(key);
    for (const [name, x] of Object.entries(attributes)) node.setAttribute(name, x);
    if (children.length && node.textContent !== children[0]) node.replaceChildren(...children);
    return node;
  }
  rect(key, kind, x, y, width, height) {
    const node = this.node(key, "rect", { class: kind });
    const px = { x, y, width: Math.max(width, 0), height: Math.max(height, 0) };
    for (const [name, value] of Object.entries(px)) node.style[name] = `${value}px`;
    return node;
  }
  text(key, x, y, says, anchor = "start", kind = "") {
    const node = this.node(key, "text", { "text-anchor": anchor, class: kind }, says);
    node.style.transform = `translate(${x}px, ${y}px)`;
    return node;
  }
  clip(x, y, width, height) {
    const area = { x, y, width, height, viewBox: `${x} ${y} ${width} ${height}` };
    for (const [name, value] of Object.entries(area)) this.layers[1].setAttribute(name, value);
  }
  done() {
    for (const [key, node] of this.kept) {
      if (this.used.has(key)) continue;
      node.remove();
      this.kept.delete(key);
    }
  }
}

// An axis holds still while what it has to show fits and fills some of it.
const axes = {};
function held(id, most) {
  const now = axes[id];
  if (!(now >= most && most >= 0.4 * now)) axes[id] = rounded(most);
  return axes[id];
}
function rounded(most) {
  // up to an even number of steps
  const step = steps(most);
  return step * Math.ceil(most / step - 1e-9) || 1;
}
function steps(most) {
  // 1, 2 or 5 times a power of ten, so that there are four to eight
  const unit = 10 ** Math.floor(Math.log10(most / 4 || 1));
  return [5, 2, 1].map((x) => x * unit).find((step) => most / step >= 4) ?? unit;
}
function ticks(most) {
  const step = steps(most);
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, i) => step * i);
}

// Room for words: clear of other words, of lines and of the edges.
class Labels {
  constructor(em, edges, runs) {
    Object.assign(this, { em, edges, runs, boxes: [] });
  }
  box(says, [x, y, anchor]) {
    const wide = measure(says, this.em);
    const left = anchor === "end" ? x - wide : x;
    return [left, y - 0.95 * this.em, left + wide, y + 0.3 * this.em];
  }
  fits([a, b, c, d], runs = this.runs) {
    const [left, top, right, foot] = this.edges;
    if (a < left || b < top || c > right || d > foot) return false;
    if (this.boxes.some(([e, f, g, h]) => a < g && e < c && b < h && f < d)) return false;
    return !runs.some((run) =>
      run.some(([x, y], i) => {
        const [px, py] = run[Math.max(i - 1, 0)];
        return (
          Math.max(x, px) > a && Math.min(x, px) < c && Math.max(y, py) > b && Math.min(y, py) < d
        );
      }),
    );
  }
  keep(x, y) {
    // clear of a dot
    const r = 0.5 * this.em;
    this.boxes.push([x - r, y - r, x + r, y + r]);
  }
  put(k, key, says, places, kind = "") {
    const free = (at, ...how) => this.fits(this.box(says, at), ...how);
    const place = places.find((at) => free(at)) ?? places.find((at) => free(at, []));
    if (!says || !place) return; // where there is no room, none
    this.boxes.push(this.box(says, place));
    k.text(key, place[0], place[1], says, place[2], kind);
  }
}
const ruler = document.createElement("canvas").getContext("2d");
function measure(says, em) {
  // pixels of a bold text
  ruler.font = `600 ${em}px ${getComputedStyle(document.body).fontFamily}`;
  return ruler.measureText(says).width;
}

// --- the path, phase after phase -----------------------------------------------------------------

// rows: name, title, says; spans [start, end] in seconds: here, beside, ghost; low and high, of the
// published range, seconds from the start.
function waterfall(id, label, rows, total) {
  canvas(id, label, (svg, width, height, em) => {
    const k = new Keeper(svg);
    const narrow = width < 40 * em; // names stand above their bars
    const left = narrow ? 0.2 * em : 8.2 * em;
    const right = width - 1.6 * em;
    const foot = height - 1.6 * em;
    const most = held(id, total);
    const at = (seconds) => left + ((right - left) * Math.min(seconds, most)) / most;
    ticks(most).forEach((second, i) => {
      if (narrow && i % 2) return;
      k.rect(`tick ${second}`, "axis", at(second), 0, 0.06 * em, foot + 0.3 * em);
      const says = second ? plain(second) : "0 s";
      k.text(
        `second ${second}`,
        at(second),
        height - 0.35 * em,
        says,
        second ? "middle" : "start",
      );
    });
    const row = Math.min(foot / rows.length, 3 * em);
    rows.forEach((phase, i) => {
      const top = row * (i + (narrow ? 0.42 : 0.1));
      const lane = { at, em, top, thick: row * (narrow ? 0.34 : 0.52), row, most };
      bars(k, phase, lane);
      whisker(k, phase, lane);
      if (narrow) {
        k.text(`name ${phase.name}`, left, top - 0.25 * em, phase.title);
        k.text(`says ${phase.name}`, right, top - 0.25 * em, phase.says, "end");
      } else {
        k.text(
          `name ${phase.name}`,
          left - 0.6 * em,
          top + row * 0.26 + 0.35 * em,
          phase.title,
          "end",
        );
        seconds(k, phase, lane, width);
      }
    });
    k.done();
  });
}
function bars(k, phase, { at, top, thick, row }) {
  const bar = (kind, [from, to], y, high) => {
    const wide = to > from ? Math.max(at(to) - at(from), 1) : 0;
    k.rect(`${kind} ${phase.name}`, kind, at(from), y, wide, high);
  };
  bar("raw", phase.beside, top + thick + 1, row * 0.2);
  bar("ghost", phase.ghost, top, thick);
  bar("here", phase.here, top, thick);
}
function whisker(k, { name, here: [start], low, high }, { at, em, top, thick, most }) {
  const [from, to] = [at(start + low), at(start + high)];
  const middle = top + thick / 2;
  const pen = high > low ? 0.13 * em : 0;
  const last = start + high > most ? 0 : pen; // it goes on beyond the axis
  k.rect(`range ${name}`, "range", from, middle - pen / 2, to - from, pen);
  k.rect(`low ${name}`, "range", from - pen / 2, middle - thick / 4, pen, thick / 2);
  k.rect(`high ${name}`, "range", to - pen / 2, middle - thick / 4, last, thick / 2);
  const beyond =
    last < pen
      ? `M${to - 0.6 * em} ${middle - thick / 3}l${0.6 * em} ${thick / 3}l${-0.6 * em} ${thick / 3}z`
      : "";
  k.node(`beyond ${name}`, "path", { class: "range", d: beyond });
}
// The seconds of a bar: in it, else behind it, else before it.
function seconds(k, { name, says, here, low, high }, { at, em, top, thick }, width) {
  const [from, to] = here.map(at);
  const size = measure(says, em);
  const ends = high > low ? Math.max(to, at(here[0] + high)) : to;
  const clear = (high > low ? Math.min(to, at(here[0] + low)) : to) - from;
  const y = top + thick / 2 + 0.35 * em;
  const key = `says ${name}`;
  if (clear > size + em) k.text(key, from + 0.5 * em, y, says, "start", "on-here");
  else if (ends + size + 0.6 * em < width) k.text(key, ends + 0.5 * em, y, says);
  else k.text(key, from - 0.5 * em, y, says, "end");
}

// --- two lines over a logarithm, and a dot on each that can be dragged ----------------------------

let hand = null; // {id, from, at}: which plot is held, from which pixel on, and where its dots are
const inHand = (id) => hand?.id === id;

// The stretch of x that is shown: around what crosses, wide enough for today's place.
function stretch(id, marks, [first, last]) {
  if (!marks.length) marks = [Math.sqrt(first * last)];
  const low = Math.min(...marks);
  const high = Math.max(...marks);
  const now = axes[`${id} x`];
  const room = high / low < 4 ? 6 : 2.5;
  const wide = room ** 2 * (high / low);
  const fits = now && now[0] * 1.25 <= low && high <= now[1] / 1.25 && now[1] / now[0] < 30 * wide;
  if (!fits && !inHand(id))
    axes[`${id} x`] = [Math.max(low / room, first), Math.min(high * room, last)];
  return axes[`${id} x`];
}

// From what is cheapest today, with room below, to what is dearest; as before while that does.
function heights(id, lines, from, to) {
  const shown = lines.flatMap(({ points }) =>
    points.filter(([at]) => at >= from && at <= to).map(([, value]) => value),
  );
  const today = lines.map((line) => line.now).filter((value) => value > 0);
  const now = axes[`${id} y`];
  const most = Math.max(...shown, ...today, 1e-9);
  const least = Math.max(Math.min(...today, most / 3), most / 1e4);
  const fits =
    now && now[1] >= most && now[1] < 8 * most && now[0] <= least / 2 && now[0] > least / 200;
  if (!fits && !inHand(id)) axes[`${id} y`] = [least / 15, 1.3 * most];
  return axes[`${id} y`];
}
// 1, 2, 5, 10 ..., or fewer of them where two would stand closer than so many powers of ten.
function decades(from, to, gap) {
  const [units] = [
    [[1, 2, 5], 0.3],
    [[1, 3], 0.47],
    [[1], 1],
  ].find(([, apart]) => apart >= gap) ?? [[1]];
  const powers = Array.from({ length: 41 }, (_, i) => i - 20);
  const every = Math.max(Math.ceil(gap), 1);
  return powers
    .filter((i) => units.length > 1 || i % every === 0)
    .flatMap((i) => units.map((unit) => Number(`${unit}e${i}`)))
    .filter((x) => x >= from && x <= to);
}

// Where figures lie in a plot.
class Frame {
  constructor(width, height, em, [from, to], [low, top]) {
    Object.assign(this, { em, from, to, low, top });
    Object.assign(this, {
      left: 4 * em,
      right: width - 0.8 * em,
      head: 1.4 * em,
      foot: height - 1.5 * em,
    });
    Object.assign(this, { wide: this.right - this.left, high: this.foot - this.head });
  }
  x(at) {
    return this.left + (this.wide * Math.log(at / this.from)) / Math.log(this.to / this.from);
  }
  at(px) {
    // the figure at a place
    const share = Math.min(Math.max((px - this.left) / this.wide, 0), 1);
    return this.from * (this.to / this.from) ** share;
  }
  y(value) {
    const shown = Math.max(value, this.low / 2);
    return this.foot - (this.high * Math.log(shown / this.low)) / Math.log(this.top / this.low);
  }
  inX(at) {
    // the nearest place within the plot
    return this.x(Math.min(Math.max(at, this.from), this.to));
  }
  inY(value) {
    return Math.min(Math.max(this.y(value), this.head), this.foot);
  }
}

// lines: [{kind, name, points: [[x, y]...], now}]; bands: [{from, to, name, kind}];
// marks: [[x, name]]; x, y and written are how figures are told;
// drag: {value, chosen(), label, says(x), to(x)}; the dots stand where one has put them
function plot(id, label, spec) {
  const { lines, marks, drag } = spec;
  const xs = lines[0].points.map(([at]) => at);
  const marked = marks.map(([at]) => at);
  const seen = [...marked, drag.value].filter((at) => at > 0);
  // the ends of its keys lie around what is marked, so that they stay where they are
  const around = marks.length ? [Math.min(...marked) / 10, 10 * Math.max(...marked)] : null;
  const ends = (around ?? [xs[0], xs.at(-1)]).map((x) => Number(x.toPrecision(2)));
  canvas(id, label, (svg, width, height, em) => {
    const shown = stretch(id, seen, [xs[0], xs.at(-1)]);
    const k = new Keeper(svg);
    const f = new Frame(width, height, em, shown, heights(id, lines, ...shown));
    k.clip(f.left, f.head, f.wide, f.high);
    drawScales(k, f, spec);
    const runs = lines.map(({ points }) => points.map(([at, value]) => [f.x(at), f.y(value)]));
    const labels = new Labels(em, [f.left + 0.3 * em, f.head, f.right, f.foot], runs);
    const prices = lines.map((line) => line.now);
    for (const price of prices) labels.keep(f.inX(drag.value), f.inY(price));
    const at = (inHand(id) && hand.at) || drag.chosen();
    const known = at === drag.value; // what it costs there
    drawDots(k, f, lines, at, known ? prices : lines.map(({ points }) => between(points, at)));
    if (known) drawPrices(k, f, lines, at, labels, spec.written);
    drawMarks(k, f, marks, labels);
    runs.forEach((run, i) => drawLine(k, svg, run, lines[i].kind));
    runs.forEach((run, i) => drawName(k, f, run, lines[i], labels));
    k.done();
    grip(id, f, drag, at, ends);
    draggable(id, f, drag.to);
  });
}
function drawScales(k, f, { x, y, bands, drag }) {
  const { em, left, right, head, foot } = f;
  drawBands(k, f, bands, drag.value);
  for (const value of decades(f.low, f.top, (2 * em * Math.log10(f.top / f.low)) / f.high)) {
    k.rect(`y ${value}`, "axis", left, f.y(value), f.wide, 0.06 * em);
    k.text(`y says ${value}`, left - 0.4 * em, f.y(value) + 0.35 * em, y(value), "end");
  }
  for (const at of decades(
    f.from,
    f.to,
    ((measure(x(300), em) + em) * Math.log10(f.to / f.from)) / f.wide,
  )) {
    k.rect(`x ${at}`, "axis", f.x(at), foot, 0.08 * em, 0.3 * em);
    const middle = Math.min(f.x(at), right - measure(x(at), em) / 2);
    k.text(`x says ${at}`, middle, foot + 1.2 * em, x(at), "middle");
  }
}
// What holds where; first the name of where today is, then those for which there is room.
function drawBands(k, f, bands, today) {
  const spans = bands.map(({ from, to }) => [
    f.x(Math.max(from, f.from)),
    f.x(Math.min(to, f.to)),
  ]);
  const holds = ({ from, to }) => from <= today && today < to;
  const order = bands.map((_, i) => i).sort((a, b) => holds(bands[b]) - holds(bands[a]));
  const taken = [];
  for (const i of order) {
    const { name, kind } = bands[i];
    const [a, b] = spans[i];
    k.rect(`band ${i}`, `band ${kind}`, a, f.head, b - a, f.high);
    const half = measure(name, f.em) / 2;
    const x = Math.min(Math.max((a + b) / 2, f.left + half), f.right - half);
    const fits = holds(bands[i]) || b - a > 2 * half;
    if (!name || !fits || taken.some(([from, to]) => x - half < to && from < x + half)) continue;
    taken.push([x - half - f.em, x + half + f.em]);
    k.text(`band name ${i}`, x, f.em, name, "middle", holds(bands[i]) ? "" : "dim");
  }
}
function drawMarks(k, f, marks, labels) {
  // each name on a line of its own
  marks.forEach(([at, name], i) => {
    if (at < f.from || at > f.to) return;
    k.rect(`mark ${name}`, "mark", f.x(at), f.head, 0.1 * f.em, f.high);
    const x = Math.min(f.x(at) + 0.3 * f.em, f.right - measure(name, f.em));
    const lines = [0, 1, 2, 3].map((line) => [x, f.head + (1.1 + 1.25 * (i + line)) * f.em]);
    labels.put(k, `mark says ${name}`, name, lines);
  });
}
function drawLine(k, svg, run, kind) {
  // and where it ran before
  const d = `M${run.map((point) => point.map((px) => px.toFixed(1)).join()).join("L")}`;
  const was = svg.kept.get(`line ${kind}`)?.getAttribute("d");
  svg.before ??= {};
  if (was && was !== d) svg.before[kind] = was;
  if (svg.before[kind]) {
    k.node(`ghost ${kind}`, "path", { class: "line ghost", d: svg.before[kind] });
  }
  k.node(`line ${kind}`, "path", { class: `line ${kind}`, d });
}
function drawName(k, { em }, run, { kind, name }, labels) {
  // where a line runs and there is room
  const places = run.flatMap(([x, y]) => [
    [x + 0.5 * em, y - 0.4 * em],
    [x + 0.5 * em, y + 1.2 * em],
    [x - 0.5 * em, y + 1.2 * em, "end"],
    [x + 0.5 * em, y + 2.5 * em],
  ]);
  labels.put(k, `name ${kind}`, name, places, `name ${kind}`);
}
function drawDots(k, f, lines, at, values) {
  const x = f.inX(at);
  k.rect("now", "now", x - 0.07 * f.em, f.head, 0.14 * f.em, f.high);
  lines.forEach(({ kind }, i) => {
    const dot = k.node(`dot ${kind}`, "circle", { class: `dot ${kind}`, r: 0.42 * f.em });
    const y = f.inY(values[i]);
    dot.style.transform = `translate(${x}px, ${y}px)`;
  });
}
function drawPrices(k, f, lines, at, labels, written) {
  // beside the dots
  const { em } = f;
  const x = f.inX(at);
  lines.forEach(({ kind, now }, i) => {
    const y = f.inY(now);
    const sides = now >= lines[1 - i].now ? [-0.4, 1.2] : [1.2, -0.4]; // the dearer is above
    const places = sides.flatMap((dy) => [
      [x + 0.7 * em, y + dy * em],
      [x - 0.7 * em, y + dy * em, "end"],
    ]);
    labels.put(k, `dot says ${kind}`, written(now), places, `price ${kind}`);
  });
}
function between(points, at) {
  // where a line runs, between two of its points
  const after = points.findIndex(([x]) => x >= at);
  const i = after < 0 ? points.length - 1 : Math.max(after, 1);
  const [[ax, ay], [bx, by]] = [points[i - 1], points[i]];
  return ay + ((by - ay) * (at - ax)) / (bx - ax);
}
function draggable(id, f, to) {
  const figure = $(id); // which stays, where its image is another one for another size
  const move = ({ clientX }) => {
    const at = f.at(clientX - figure.getBoundingClientRect().left);
    figure.classList.add("dragged");
    hand.at = Number(at.toPrecision(2));
    to(hand.at);
    drawn[id]();
  };
  figure.onpointerdown = (event) => {
    if (event.button) return;
    figure.setPointerCapture(event.pointerId);
    hand = { id, from: event.clientX };
    if (event.pointerType !== "touch") move(event); // which may be about to scroll
  };
  figure.onpointermove = (event) => {
    if (inHand(id) && (hand.at || Math.abs(event.clientX - hand.from) > 8)) move(event);
  };
  figure.onpointerup = (event) => {
    if (inHand(id) && !hand.at) move(event); // a tap
  };
  figure.onlostpointercapture = () => {
    hand = null;
    figure.classList.remove("dragged");
    drawn[id](); // the axes may move again
    figure.querySelector("[role=slider]").focus({ preventScroll: true }); // for the arrows
  };
}

// The dots as a slider, for the keyboard and for who hears the page.
const BY = {
  ArrowRight: 1.1,
  ArrowUp: 1.1,
  ArrowLeft: 1 / 1.1,
  ArrowDown: 1 / 1.1,
  PageUp: 2,
  PageDown: 0.5,
};
function grip(id, f, drag, at, [low, high]) {
  let node = $(id).querySelector("[role=slider]");
  if (!node) {
    node = make("div", { role: "slider", tabindex: 0, class: "grip" });
    $(id).append(node);
  }
  const x = f.inX(at);
  Object.assign(node.style, {
    transform: `translate(${x}px, ${f.head}px)`,
    height: `${f.high}px`,
  });
  const told = {
    label: drag.label,
    valuemin: Math.min(low, at),
    valuemax: Math.max(high, at),
    valuenow: at,
    valuetext: drag.says(at),
  };
  for (const [name, value] of Object.entries(told)) node.setAttribute(`aria-${name}`, value);
  node.onkeydown = (event) => {
    const far = { Home: low, End: high }[event.key];
    const other = event.altKey || event.ctrlKey || event.metaKey; // Back, say
    if (other || (!BY[event.key] && far === undefined)) return;
    event.preventDefault();
    const now = Math.max(node.getAttribute("aria-valuenow"), low);
    drag.to(Number((far ?? now * BY[event.key]).toPrecision(2)));
    drawn[id]();
  };
}
