"use strict";
// The guided way: five questions, each to be predicted before its answer is shown. Each step is a
// view of its own; where one is stands in the address, and one can leave at any time. Answers are
// read off the report that is drawn.

const longest = (path) => path.phases.reduce((a, b) => (b.seconds > a.seconds ? b : a));
const unchanged = (report) =>
  report.phases.filter((row) => row.seconds === row.raw_seconds && row.seconds);
const rateOf = ({ break_even }, times) =>
  // about so many times the break-even
  `${plain(Number((times * (break_even.requests_per_hour ?? 30)).toPrecision(1)))}/h`;
const STEPS = [
  // hides: what would tell the answer, here; tells: and at the steps before; right: which of the
  // answers, by its place
  {
    view: { layers: [] },
    hides: "#now dl, #path, .saves, #day",
    ask: "Nobody has asked for hours, so the replica is gone. A request comes. Which phase takes longest?",
    answers: ({ phases }) =>
      phases.length ? phases.map((row) => words_of(row.name)) : ["only the total is known"],
    right: (report) => (report.phases.length ? report.phases.indexOf(longest(report)) : 0),
    reveal: (report) =>
      report.phases.length
        ? `${words_of(longest(report).name)} takes ${about(longest(report).seconds)} of ` +
          `${about(report.cold_start_s)}. Measure before you optimize: to halve any other phase spares less.`
        : `All of its ${about(report.cold_start_s)} are one figure. Measure its phases before you optimize.`,
  },
  {
    view: { layers: ["snapshot"] },
    hides: "#now dl, #path, .saves",
    ask: "A GPU snapshot restores a loaded engine. Which part of the wait does it spare a fresh node?",
    answers: () => ["all of it", "loading and engine start", "nothing"],
    right: () => 1,
    reveal: (report) =>
      `${about(report.raw_cold_start_s)} become ${about(report.cold_start_s)}: it leaves ` +
      `${unchanged(report)
        .map((row) => `${words_of(row.name)} ${about(row.seconds)}`)
        .join(", ")} as they are. ` +
      "A layer attacks the phases that it names, and nothing else.",
  },
  {
    view: { layers: [] },
    tells: "#pays, #money",
    ask: "A warm replica is paid around the clock, and late requests cost too. From which rate does it pay?",
    answers: (report) => [...[0.1, 1, 10].map((times) => rateOf(report, times)), "at no rate"],
    right: (report) => (report.break_even.requests_per_hour ? 1 : 3),
    reveal: (report) => `${report.break_even.regime} Drag the dot along the rate and see.`,
  },
  {
    view: { layers: ["migrate"] },
    hides: ".saves",
    tells: "#evicted, #moves, .layer:has([value=migrate]) .saves",
    ask: "The cloud takes a node back under a request. With live migration, how long does it stand still?",
    answers: () => ["a cold start", "the whole move", "only the last round"],
    right: () => 2,
    reveal: (report) =>
      `${about(report.migration.pause_s)}, for the source goes on while the other GPU computes the ` +
      `cache again. Without migrate it is ${about(report.migration.unmoved_s)}: a cold start, and all tokens again.`,
  },
  {
    view: { layers: ["preseed", "snapshot", "warm-node"], beside: "other" },
    hides: "#path",
    ask: "By the lesson's figures this stack is fast. Which figures are true of your deployment?",
    answers: () => ["the lesson's", "those measured in 2025-26", "neither"],
    right: () => 2,
    reveal: (report) =>
      `By the measured ones the same stack takes ${about(report.other_figures?.cold_start_s ?? null)} ` +
      `instead of ${about(report.cold_start_s)}. Yours come from a log of your own: ` +
      "python code/measure.py --log FILE.",
  },
];

let predicted = null; // which answer was given at the step that is shown
let stepShown = 0;
let home = null; // the view from which the way was entered, to come back to
const stepNow = () => {
  const asked = Number(chosen.page.get("step"));
  return STEPS[asked - 1] ? asked : 0;
};
function goTo(step) {
  // a step of the way, or 0 to leave it
  if (!stepNow()) home = address();
  if (STEPS[step - 1]) take(step);
  else if (home !== null) readUrl(home);
  else chosen.page.delete("step");
  change();
  showStep();
}
const layersOf = ({ view }) =>
  // as far as there are any of these names
  view.layers.filter((name) => last.report?.alone.some((row) => row.name === name) ?? true);
function take(step) {
  // the view of a step
  const { beside } = STEPS[step - 1].view;
  clear();
  chosen.layers = layersOf(STEPS[step - 1]);
  chosen.page.set("step", String(step));
  if (beside) chosen.page.set("beside", beside);
}
function answer(which) {
  // about the step's own view, whatever was tried meanwhile
  const away = address();
  take(stepNow());
  if (address() !== away) change();
  showStep(which);
}
function stepDrawn(report) {
  // what is revealed stays as it is while one tries on
  const shown = STEPS[stepNow() - 1];
  if (shown && (predicted === null || isOf(shown, report))) showStep();
}
const isOf = (step, report) =>
  String(report.layers) === String(layersOf(step)) &&
  report.figures === "lesson" &&
  !report.changed.length;
function showStep(answer = stepNow() === stepShown ? predicted : null) {
  const { activeElement } = document;
  const focused = activeElement === $("guide") || $("tour").contains(activeElement);
  const step = stepNow();
  const shown = STEPS[step - 1];
  [stepShown, predicted] = [step, answer];
  $("tour").hidden = !shown;
  document.body.dataset.step = shown ? step : "";
  const open = shown && answer === null;
  const unanswered = shown ? STEPS.slice(open ? step - 1 : step) : [];
  const hides = [open && shown.hides, ...unanswered.map(({ tells }) => tells)];
  const hidden = hides.filter(Boolean).join(", ");
  for (const node of document.querySelectorAll(".asked"))
    if (!hidden || !node.matches(hidden)) hide(node, false);
  if (hidden) document.querySelectorAll(hidden).forEach((node) => hide(node, true));
  const says = shown && last.report ? stepOf(step, shown) : [];
  const text = says.map((node) => node.textContent).join("");
  if ($("tour").textContent === text) return;
  $("tour").replaceChildren(...says);
  if (focused) (says[0] ?? $("guide")).focus(); // which is read, and from which one goes on
}
function hide(node, hidden) {
  node.classList.toggle("asked", hidden);
  node.inert = hidden;
}
function stepOf(step, { ask, answers, right, reveal }) {
  // its nodes: what is said, and what can be pressed
  const report = last.report;
  const button = (says, onclick) =>
    Object.assign(make("button", { type: "button" }, says), { onclick });
  const leave = button("leave", () => goTo(0));
  const next =
    step < STEPS.length ? button("next", () => goTo(step + 1)) : button("done", () => goTo(0));
  const place = `${step} of ${STEPS.length}. `;
  if (predicted === null) {
    const choices = answers(report).map((says, i) => button(says, () => answer(i)));
    return [make("p", { class: "question", tabindex: -1 }, place + ask), ...choices, leave];
  } else {
    const which = right(report);
    const verdict = predicted === which ? "Yes. " : `No: ${answers(report)[which]}. `;
    const known = isOf(STEPS[step - 1], report); // else its own view is on the way
    const says = known ? [make("b", {}, place + verdict), reveal(report)] : [`${place}...`];
    const told = [...says, " ", next, ...(step < STEPS.length ? [leave] : [])];
    return [make("p", { tabindex: -1 }, ...told)];
  }
}
function startTour() {
  // where the address says so; a step alone brings its view
  if (stepNow() && !words("traffic").length) {
    take(stepNow());
    history.replaceState(history.state, "", location.pathname + address());
  }
  $("guide").addEventListener("click", () => goTo(stepNow() ? 0 : 1));
  showStep();
}
