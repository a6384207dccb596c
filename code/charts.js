"use strict";
// Pictures, each one image with a table beside it in the page. They draw figures and work out
// none; what lies between two points of a curve is drawn and never written.

const NS = "http://www.w3.org/2000/svg";
const SHAPES = ["svg", "g", "line", "path", "text", "rect", "circle", "title", "defs", "pattern"];
function make(tag, attributes = {}, ...children) {
  const node = SHAPES.includes(tag) ? document.createElementNS(NS, tag) : document.createElement(tag);
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
    const figure = $(id), em = parseFloat(getComputedStyle(figure).fontSize);
    const paper = figure.closest("#p-money, #p-moves") ? 50 : 103; // em across, half or all of it
    const width = printing ? paper * em : figure.clientWidth;
    const height = printing ? 15 * em : figure.clientHeight;
    const old = figure.querySelector("svg");
    const same = old?.getAttribute("viewBox") === `0 0 ${width} ${height}`;
    const svg = same ? old : make("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "font-size": em });
    svg.setAttribute("aria-label", label);
    if (width > 100 && height > 40) draw(svg, width, height, em, same);
    if (!same) {
      old?.remove();
      figure.prepend(svg);
    }
  };
  drawn[id]();
}
// The nodes of an image by name: the same from one drawing to the next, so that they can move.
// Behind are axes, before are words and dots; what lies between ends where the plot does.
const BEHIND = /^(axis|band)/, BEFORE = /^(dot|now)/;
class Keeper {
  constructor(svg) {
    this.kept = svg.kept ??= new Map();
    this.layers = svg.layers ??= ["g", "svg", "g"].map((tag) => svg.appendChild(make(tag)));
    this.used = new Set();
  }
  node(key, tag, attributes, ...children) {
    if (!this.kept.has(key)) {
      const layer = BEFORE.test(attributes.class) || tag === "text" ? 2 : BEHIND.test(attributes.class) ? 0 : 1;
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
function held(id, most, least = 0.4) {
  const now = axes[id];
  if (!(now >= most && most >= least * now)) axes[id] = rounded(most);
  return axes[id];
}
function rounded(most) { // up to an even number of steps
  const step = steps(most);
  return step * Math.ceil(most / step - 1e-9) || 1;
}
function steps(most) { // 1, 2 or 5 times a power of ten, so that there are four to eight
  const unit = 10 ** Math.floor(Math.log10(most / 4 || 1));
  return [5, 2, 1].map((x) => x * unit).find((step) => most / step >= 4) ?? unit;
}
function ticks(most) {
  const step = steps(most);
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, i) => step * i);
}

// --- the path, phase after phase -----------------------------------------------------------------

function waterfall(id, label, rows, total) { // rows: name, here, beside, ghost, low, high, says
  canvas(id, label, (svg, width, height, em, same) => {
    const k = new Keeper(svg);
    const narrow = width < 40 * em;
    const left = narrow ? 0.2 * em : 8.2 * em, right = width - 1.6 * em, foot = height - 1.6 * em;
    const most = held(id, total);
    const at = (seconds) => left + ((right - left) * Math.min(seconds, most)) / most;
    const row = foot / rows.length;
    const every = steps(most);
    for (const second of ticks(most)) {
      if (narrow && (second / every) % 2) continue;
      k.rect(`tick ${second}`, "axis", at(second), 0, 0.06 * em, foot + 0.3 * em);
      k.text(`second ${second}`, at(second), height - 0.35 * em, second ? plain(second) : "0 s",
        second ? "middle" : "start");
    }
    for (const [i, x] of rows.entries()) {
      const top = row * i, lane = top + row * (narrow ? 0.42 : 0.1), thick = row * (narrow ? 0.34 : 0.52);
      const below = lane + thick + 1, thin = row * 0.2;
      const bar = (kind, span, y, high) => k.rect(`${kind} ${x.name}`, kind, at(span[0]), y,
        span[1] > span[0] ? Math.max(at(span[1]) - at(span[0]), 1) : 0, high);
      bar("raw", x.beside, below, thin);
      bar("ghost", x.ghost, lane, thick);
      bar("here", x.here, lane, thick);
      const whisker = x.high > x.low, middle = lane + thick / 2;
      const low = at(x.here[0] + x.low), high = at(x.here[0] + x.high), cap = thick * 0.5;
      const pen = 0.13 * em, side = whisker ? pen : 0;
      k.rect(`range ${x.name}`, "range", low, middle - pen / 2, whisker ? high - low : 0, pen);
      k.rect(`low ${x.name}`, "range", low - pen / 2, middle - cap / 2, side, cap);
      k.rect(`high ${x.name}`, "range", high - pen / 2, middle - cap / 2, x.here[0] + x.high > most ? 0 : side, cap);
      k.text(`name ${x.name}`, narrow ? left : left - 0.6 * em, narrow ? lane - 0.25 * em : middle + 0.35 * em,
        x.title, narrow ? "start" : "end");
      const size = measure(x.says, em), edge = Math.max(at(x.here[1]), whisker ? high : 0);
      const span = at(x.here[1]) - at(x.here[0]);
      const inside = span > size + em && low - at(x.here[0]) > size + em;
      const rightwards = edge + size + 0.6 * em < width;
      const beside = narrow ? [right, lane - 0.25 * em, "end"]
        : inside ? [at(x.here[0]) + 0.5 * em, middle + 0.35 * em, "start"]
        : rightwards ? [edge + 0.5 * em, middle + 0.35 * em, "start"]
        : [at(x.here[0]) - 0.5 * em, middle + 0.35 * em, "end"];
      k.text(`says ${x.name}`, beside[0], beside[1], x.says, beside[2], inside && !narrow ? "on-here" : "");
    }
    k.done();
  });
}

// --- two lines over a logarithm, and a dot on each that can be dragged ----------------------------

// The stretch of x that is shown: around what crosses, wide enough for today's place.
function stretch(id, marks, [first, last]) {
  const low = Math.min(...marks), high = Math.max(...marks), now = axes[`${id} x`];
  const room = high / low < 4 ? 6 : 2.5, wide = room ** 2 * (high / low);
  const fits = now && now[0] * 1.25 <= low && high <= now[1] / 1.25 && now[1] / now[0] < 30 * wide;
  if (!fits) axes[`${id} x`] = [Math.max(low / room, first), Math.min(high * room, last)];
  return axes[`${id} x`];
}

// From what is cheapest today, with room below, to what is dearest; as before while that does.
function heights(id, lines, from, to) {
  const shown = lines.flatMap(({ points }) => points.filter(([at]) => at >= from && at <= to).map(([, value]) => value));
  const today = lines.map((line) => line.now).filter((value) => value > 0), now = axes[`${id} y`];
  const most = Math.max(...shown, ...today, 1e-9), least = Math.max(Math.min(...today, most / 3), most / 1e4);
  const fits = now && now[1] >= most && now[1] < 8 * most && now[0] <= least / 2 && now[0] > least / 200;
  if (!fits) axes[`${id} y`] = [least / 15, 1.3 * most];
  return axes[`${id} y`];
}
function decades(from, to, room) { // as many of 1, 2, 5, 10 ... as there is room for
  const all = Array.from({ length: 41 }, (_, i) => i - 20);
  const within = (units) => all.flatMap((i) => units.map((unit) => Number(`${unit}e${i}`))).filter((x) => x >= from && x <= to);
  const few = [[1, 2, 5], [1, 3], [1]].map(within).find((found) => found.length <= room) ?? within([1]);
  const every = Math.ceil(few.length / room);
  return few.filter((_, i) => i % every === 0);
}

// lines: [{kind, name, points: [[x, y]...], now}]; bands: [{from, to, name, kind}];
// marks: [[x, name]]; drag: {value, low, high, label, says(x), to(x, ended)}
function plot(id, { label, x, y, lines, bands, marks, drag, written }) {
  const xs = lines[0].points.map(([at]) => at);
  const seen = [...marks.map(([at]) => at), drag.value].filter((at) => at > 0);
  const [from, to] = stretch(id, seen, [xs[0], xs.at(-1)]);
  const [low, top] = heights(id, lines, from, to);
  canvas(id, label, (svg, width, height, em) => {
    const k = new Keeper(svg);
    const left = 4 * em, right = width - 0.8 * em, foot = height - 1.5 * em, head = 1.4 * em;
    const sx = (at) => left + ((right - left) * Math.log(at / from)) / Math.log(to / from);
    const back = (px) => from * (to / from) ** Math.min(Math.max((px - left) / (right - left), 0), 1);
    const sy = (value) => foot - ((foot - head) * Math.log(Math.max(value, low / 2) / low)) / Math.log(top / low);
    const ends = (value) => Math.min(Math.max(sy(value), head), foot);
    k.clip(left, head, right - left, foot - head);
    bands.forEach((band, i) => {
      const a = sx(Math.max(band.from, from)), b = sx(Math.min(band.to, to));
      k.rect(`band ${i}`, `band ${band.kind}`, a, head, b - a, foot - head);
      k.text(`band name ${i}`, (a + b) / 2, 1 * em, b - a > measure(band.name, em) ? band.name : "", "middle", "dim");
    });
    for (const value of decades(low, top, (foot - head) / (2 * em))) {
      k.rect(`y ${value}`, "axis", left, sy(value), right - left, 0.06 * em);
      k.text(`y says ${value}`, left - 0.4 * em, sy(value) + 0.35 * em, y(value), "end");
    }
    for (const at of decades(from, to, (right - left) / (0.65 * em * (x(30).length + 3)))) {
      k.rect(`x ${at}`, "axis", sx(at), foot, 0.08 * em, 0.3 * em);
      k.text(`x says ${at}`, sx(at), foot + 1.2 * em, x(at), right - sx(at) < 2 * em ? "end" : "middle");
    }
    const runs = lines.map(({ points }) => points.map(([at, value]) => [sx(at), sy(value)]));
    const labels = new Labels(em, [left + 0.3 * em, head, right, foot], runs);
    marks.forEach(([at, name], i) => {
      if (at < from || at > to) return;
      k.rect(`mark ${name}`, "mark", sx(at), head, 0.1 * em, foot - head);
      const x = Math.min(sx(at) + 0.3 * em, right - labels.width(name));
      labels.put(k, `mark says ${name}`, name, [[x, head + (1.1 + 1.25 * i) * em]]);
    });
    runs.forEach((run, i) => {
      const { kind } = lines[i], d = `M${run.map((point) => point.map((px) => px.toFixed(1)).join()).join("L")}`;
      const was = svg.kept.get(`line ${kind}`)?.getAttribute("d");
      if (was && was !== d) svg.before = { ...svg.before, [kind]: was };
      if (svg.before?.[kind]) k.node(`ghost ${kind}`, "path", { class: "line ghost", d: svg.before[kind] });
      k.node(`line ${kind}`, "path", { class: `line ${kind}`, d });
    });
    const curve = (points, at) => { // where a line runs, between two of its points
      const i = Math.max(points.findIndex(([px]) => px >= at), 1);
      const [[ax, ay], [bx, by]] = [points[i - 1], points[i]];
      return ay + ((by - ay) * (at - ax)) / (bx - ax);
    };
    const place = (at, told) => {
      const px = sx(Math.min(Math.max(at, from), to));
      k.rect("now", "now", px - 0.07 * em, head, 0.14 * em, foot - head);
      const values = lines.map((line) => (told ? line.now : curve(line.points, at)));
      lines.forEach((line, i) => {
        const node = k.node(`dot ${line.kind}`, "circle", { class: `dot ${line.kind}`, r: 0.42 * em });
        const py = ends(values[i]), up = values[i] >= values[1 - i] ? [-0.4, 1.2] : [1.2, -0.4];
        node.style.transform = `translate(${px}px, ${py}px)`;
        const sides = up.flatMap((dy) => [[px + 0.7 * em, py + dy * em], [px - 0.7 * em, py + dy * em, "end"]]);
        labels.put(k, `dot says ${line.kind}`, told ? written(line.now) : "", sides, `price ${line.kind}`);
      });
      grip(id, px, head, foot, drag, at);
    };
    place(drag.value > 0 ? drag.value : from, true);
    runs.forEach((run, i) => { // the name of a line, where it runs and there is room
      const { kind, name } = lines[i];
      const sides = run.flatMap(([px, py]) => [[px + 0.5 * em, py - 0.4 * em], [px + 0.5 * em, py + 1.2 * em],
        [px - 0.5 * em, py + 1.2 * em, "end"], [px + 0.5 * em, py + 2.5 * em]]);
      labels.put(k, `name ${kind}`, name, sides, `name ${kind}`);
    });
    k.done();
    svg.onpointerdown = (event) => {
      if (event.button) return;
      const box = svg.getBoundingClientRect();
      const value = ({ clientX }) => Number(back(clientX - box.left).toPrecision(2));
      svg.setPointerCapture(event.pointerId);
      svg.classList.add("dragged");
      svg.onpointermove = (moved) => { place(value(moved), false); drag.to(value(moved), false); };
      svg.onpointerup = svg.onpointercancel = (last) => {
        svg.onpointermove = svg.onpointerup = svg.onpointercancel = null;
        svg.classList.remove("dragged");
        drag.to(value(last), true);
      };
      svg.onpointermove(event);
    };
  });
}

// Room for words: clear of other words, of lines and of the edges.
class Labels {
  constructor(em, edges, runs) {
    Object.assign(this, { em, edges, runs, boxes: [] });
  }
  width(says) {
    return measure(says, this.em);
  }
  box(says, [x, y, anchor]) {
    const wide = this.width(says), left = anchor === "end" ? x - wide : x;
    return [left, y - 0.95 * this.em, left + wide, y + 0.3 * this.em];
  }
  fits([a, b, c, d], runs = this.runs) {
    const [left, top, right, foot] = this.edges;
    if (a < left || b < top || c > right || d > foot) return false;
    if (this.boxes.some(([e, f, g, h]) => a < g && e < c && b < h && f < d)) return false;
    return !runs.some((run) => run.some(([x, y], i) => {
      const [px, py] = run[Math.max(i - 1, 0)];
      return Math.max(x, px) > a && Math.min(x, px) < c && Math.max(y, py) > b && Math.min(y, py) < d;
    }));
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
function measure(says, em) { // pixels of a bold text
  ruler.font = `600 ${em}px ${getComputedStyle(document.body).fontFamily}`;
  return ruler.measureText(says).width;
}

// The dots as a slider, for the keyboard and for who hears the page.
function grip(id, px, head, foot, drag, at) {
  let node = $(id).querySelector("[role=slider]");
  if (!node) {
    node = make("div", { role: "slider", tabindex: 0, class: "grip" });
    $(id).append(node);
  }
  Object.assign(node.style, { transform: `translate(${px}px, ${head}px)`, height: `${foot - head}px` });
  const attributes = { "aria-label": drag.label, "aria-valuemin": drag.low, "aria-valuemax": drag.high,
    "aria-valuenow": at, "aria-valuetext": drag.says(at) };
  for (const [name, x] of Object.entries(attributes)) node.setAttribute(name, x);
  node.onkeydown = (event) => {
    const by = { ArrowRight: 1.1, ArrowUp: 1.1, ArrowLeft: 1 / 1.1, ArrowDown: 1 / 1.1, PageUp: 2, PageDown: 0.5 }[event.key];
    const ends = { Home: drag.low, End: drag.high }[event.key];
    if (!by && ends === undefined) return;
    event.preventDefault();
    drag.to(Number((ends ?? Number(node.getAttribute("aria-valuenow")) * by).toPrecision(2)), true);
  };
}
