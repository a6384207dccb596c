"use strict";
// Asking for a view, when what is chosen or a file changes. What is broken or refused changes
// nothing, and a view that is superseded is not drawn.

const last = {}; // what is drawn: the report, the day, and the text of each
let turn = new AbortController(); // whose turn it is to be drawn
let tag; // of the files, as last seen
let reportAt, dayAt; // the addresses of the report and of the day that are drawn
let drawnStep = 0; // the step that the report is of
let replaceNext = false; // whether the step in the address is of no view, and the next takes its place
let returning = false; // whether a way back to the drawn step has begun

async function get(address, signal) {
  try {
    const reply = await fetch(address, { cache: "no-cache", signal });
    const text = await reply.text();
    if (reply.ok) return { text };
    return {
      matter: text
        .trim()
        .replace(/^(view|traffic)\.py: /, "")
        .replace(/^--set: /, ""),
      refused: reply.status === 400,
    };
  } catch {
    if (!signal.aborted) tag = ""; // so that it is asked again
    return { matter: "serve.py gives no answer: is it still running?" };
  }
}
// Draws an answer where it is another one; gives back why it cannot.
function draw(what, text, drawing) {
  if (text === last[`${what} text`]) {
    if (what === "report") drawPressed();
    else drawDayFields(last.traffic[0]);
    return "";
  }
  const was = last[what];
  try {
    last[what] = JSON.parse(text);
    drawing(last[what], what === "report" ? (began ?? was) : was);
    last[`${what} text`] = text;
    return "";
  } catch (error) {
    // an edit may have renamed what is drawn
    last[what] = was;
    if (was) drawing(was, was);
    readUrl(); // what is chosen stays what the address says
    fillAll();
    return `the page cannot draw this ${what}: ${error.message}`;
  }
}
function drawPressed() {
  // what is drawn, where something else was pressed meanwhile
  drawControls(last.report);
  drawPhases(last.report); // for what stands beside it is the page's own choice
}
async function askReport(signal) {
  const found = await get(`/api/report${query(words("report"))}`, signal);
  if (signal.aborted) return found;
  return { ...found, matter: found.matter || draw("report", found.text, drawReport) };
}
async function askDay(signal) {
  const ask = (layers, ...more) =>
    get(`/api/traffic${query([...words("traffic", layers), ...more])}`, signal);
  const layers = chosen.layers.length ? [chosen.layers, []] : [[]]; // what is raw stands beside it
  let [found, raw = found] = await Promise.all(layers.map((each) => ask(each, ["events", ""])));
  if (found.refused && found.matter.startsWith("--events")) found = raw = await ask(chosen.layers);
  if (signal.aborted) return [];
  const matter =
    found.matter || draw("traffic", `[${found.text}, ${raw.text ?? null}]`, drawTraffic);
  if (matter) return [matter, last.traffic && "the last good day"];
  dayAt = reportAt;
  return raw.matter ? [`no layers: ${raw.matter}`, "the day under your layers alone"] : [];
}
function begin() {
  // what was asked before is superseded
  turn.abort();
  turn = new AbortController();
  return turn.signal;
}
async function load() {
  const signal = begin();
  const { matter, refused } = await patiently("report", signal, askReport(signal));
  if (signal.aborted) return;
  replaceNext = Boolean(refused);
  const bad = refused && !last.report; // a link, from the start
  if (bad) {
    clear();
    await patiently("report", signal, askReport(signal));
    if (signal.aborted) return;
  }
  say(matter, bad ? "the file's own figures" : last.report && "the last good view");
  if (matter && !bad) return rest();
  [reportAt, dayAt, drawnStep] = [bad ? "" : location.search, undefined, stepsTo()];
  await loadDay(signal, matter);
}
async function loadDay(signal, said) {
  busy("");
  const found = await patiently("day", signal, askDay(signal));
  if (signal.aborted) return;
  if (!said) say(...found);
  rest();
}
async function patiently(what, signal, asking) {
  // says so where it takes long
  const timer = setTimeout(() => signal.aborted || busy(what), 300);
  const found = await asking;
  clearTimeout(timer);
  return found;
}
function busy(what) {
  document.body.dataset.busy = what;
  $("busy").firstElementChild.textContent = what ? "working..." : "";
  $("cancel").hidden = !(what === "report" && last.report);
  $("stop").hidden = what !== "day";
}
function rest() {
  // nothing runs any more
  busy("");
  $("p-day").classList.toggle("stale", Boolean(last.traffic) && dayAt !== reportAt);
}
function stopDay() {
  turn.abort();
  rest();
  say("stopped", last.traffic && "the day of the view before");
}
function stay() {
  // what is drawn is what is asked for, and its day
  const signal = begin();
  drop();
  history.replaceState(history.state, "", location.pathname + reportAt);
  readUrl();
  say("");
  if (dayAt !== reportAt) loadDay(signal);
  else {
    drawDayFields(last.traffic[0]);
    rest();
  }
}
function cancel() {
  // the old view stays, and its address is back
  turn.abort();
  drop();
  returning = true;
  if (stepsTo() === drawnStep) arrive();
  else history.go(drawnStep - stepsTo()); // and arrives there
}
function arrive() {
  // at another address
  drop();
  endEdit();
  began = last.report;
  replaceNext = false;
  const kept = returning;
  returning = false;
  if (kept) stay();
  else readUrl();
  if (last.report) fillAll();
  if (kept) drawPressed();
  else load();
  if (stepNow() !== stepShown) showStep();
}
function say(matter = "", below = "") {
  const alert = matter && below ? `${matter} (below: ${below})` : matter;
  if ($("alert").textContent !== alert) $("alert").textContent = alert;
  const name = /^(\w+)=/.exec(matter)?.[1] ?? /^--([\w-]+): /.exec(matter)?.[1];
  for (const field of fields()) {
    if (field.name === name || !unread(field))
      why(field, field.name === name ? matter.replace(/^(\w+=|--\S+ )/, "") : "");
  }
}
async function follow() {
  if (!document.hidden) {
    const now = await fetch("/", { method: "HEAD", cache: "no-store" }).then(
      (reply) => reply.headers.get("ETag"),
      () => "",
    );
    if (now !== tag) {
      began = last.report; // a file was saved
      load();
    }
    tag = now;
  }
  setTimeout(follow, 500);
}
