"use strict";
// What is heard: hands, keys, Back, the size of the window, a printer. And the start.

for (const form of document.querySelectorAll("form"))
  form.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("input", ({ target }) => {
  if (target.closest("#layers")) {
    chosen.layers = valuesOf($("layers").querySelectorAll("input:checked"));
    change();
  } else if (target.closest("#set")) {
    chosen.set = target.value;
    change();
  } else if (target.closest("#beside")) {
    chosen.page.delete("beside");
    if (target.value === "other") chosen.page.set("beside", "other");
    change();
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
  } else if (key === "Escape" && !$("gloss").matches(":popover-open")) {
    const table = document.querySelector("details.table[open]");
    if (table) {
      table.open = false;
      table.querySelector("summary").focus();
    } else if (!$("figures").hidden) toggleFigures();
  }
});
document.addEventListener("click", ({ target }) => {
  // beside a table that is open
  for (const table of document.querySelectorAll("details.table[open]"))
    if (!table.contains(target) && !$("gloss").contains(target)) table.open = false;
});
document.addEventListener("focusout", ({ target }) => {
  if (target.name && target.name === pending?.edit) change(pending.edit);
  if (target.name === editing.name) endEdit();
  if (target === typing) typing = null;
  if (target.name && target.value === "") fillIn(target);
});
addEventListener("popstate", arrive);
function toggleFigures() {
  const opens = $("figures").hidden;
  $("figures").hidden = !opens;
  $("open").setAttribute("aria-expanded", opens);
  (opens ? $("figures").querySelector("input") : $("open"))?.focus();
}
async function copy(button, text) {
  const says = (button.dataset.says ??= button.textContent);
  button.textContent = await navigator.clipboard.writeText(text).then(
    () => "copied",
    () => "not allowed",
  );
  setTimeout(() => {
    button.textContent = says;
  }, 1200);
}
$("open").addEventListener("click", toggleFigures);
$("copy-link").addEventListener("click", ({ target }) => copy(target, location.href));
$("copy-command").addEventListener("click", ({ target }) => {
  // and that of the day, where it is another one
  const ids = chosen.others.length ? ["command", "day-command"] : ["command"];
  copy(target, ids.map((id) => $(id).textContent).join("\n"));
});
$("reset").addEventListener("click", () => {
  clear();
  fillAll();
  change();
  showStep();
});
$("evict").addEventListener("click", () => {
  // a day with them, and a second replica where requests can move to
  const on = !evicts();
  const pool = "0-24:2";
  const own = optionNow("schedule");
  option("evictions-per-day", on && "12");
  if (!own || own === pool) option("schedule", on && pool);
  fillAll();
  change();
});
$("cancel").addEventListener("click", cancel);
$("stop").addEventListener("click", stopDay);
$("play").addEventListener("click", () => play(!film.playing));
document.addEventListener("click", ({ target }) => {
  // a term, explained where it stands
  if (!target.matches("button.term")) return;
  const gloss = $("gloss");
  const box = target.getBoundingClientRect();
  gloss.textContent = TERMS[target.textContent] ?? TERMS[target.textContent.toLowerCase()];
  gloss.showPopover?.();
  gloss.style.left = `${Math.max(Math.min(box.left, innerWidth - gloss.offsetWidth - 8), 8)}px`;
  gloss.style.top = `${box.bottom + gloss.offsetHeight + 8 > innerHeight ? box.top - gloss.offsetHeight - 4 : box.bottom + 4}px`;
});

function switches(id, name, pairs) {
  $(id).append(
    ...pairs.map(([value, text]) =>
      make("label", {}, make("input", { type: "radio", name, value }), text),
    ),
  );
}
switches(
  "set",
  "figures",
  Object.keys(SETS).map((name) => [name, name]),
);
switches("beside", "beside", [
  ["raw", "raw"],
  ["other", ""],
]);
new ResizeObserver(drawAgain).observe(document.querySelector("main"));
addEventListener("beforeprint", () => {
  printing = true;
  drawAgain();
});
addEventListener("afterprint", () => {
  printing = false;
  drawAgain();
});
readUrl();
busy("");
startTour();
follow();
