"use strict";
// Asking for a view, when what is chosen or a file changes. What is broken or refused changes
// nothing, and a view that is superseded is not drawn.

const last = {}; // what is drawn: the report, the day, and the text of each
let turn = new AbortController(); // whose turn it is to be drawn
let tag; // of the files, as last seen
let reportAt, dayAt; // the addresses of the report and of the day that are drawn
let refused = false; // whether the view in the address is no view
let kept = false; // whether Back is to ask for nothing, for the view is there

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
    if (what === "report") drawControls(last.report); // what was pressed meanwhile is taken back
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
    return `the page cannot draw this ${what}: ${error.message}`;
  }
}
async function loadReport(signal) {
  const found = await get(`/api/report${query(words("report"))}`, signal);
  if (signal.aborted) return found;
  return { ...found, matter: found.matter || draw("report", found.text, drawReport) };
}
async function loadDay(signal) {
  const ask = (layers, ...more) =>
    get(`/api/traffic${query([...words("traffic", layers), ...more])}`, signal);
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
  const slow = (what) => {
    if (!signal.aborted) busy(what);
  };
  let timer = setTimeout(slow, 300, "report");
  const tell = (matter, below) => signal.aborted || say(matter, below);
  const asked = location.search;
  let found = await loadReport(signal);
  if (!signal.aborted) refused = Boolean(found.refused);
  const bad = found.refused && !last.report; // a link, from the start
  const { matter } = found;
  if (bad) {
    clear();
    found = await loadReport(signal);
  }
  if (signal.aborted) return;
  clearTimeout(timer);
  tell(matter, bad ? "the file's own figures" : last.report && "the last good view");
  if (bad || !matter) {
    [reportAt, ahead] = [asked, 0];
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
function returnToDrawn() {
  history.replaceState(null, "", location.pathname + reportAt);
  readUrl();
}
function cancel() {
  // the old view stays, and its address is back
  turn.abort();
  clearTimeout(waiting);
  busy("");
  if (ahead) {
    kept = dayAt === reportAt;
    history.go(-ahead);
  } else {
    returnToDrawn();
    fillAll();
    if (dayAt !== reportAt) load();
  }
  ahead = 0;
}
function say(matter, below) {
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
