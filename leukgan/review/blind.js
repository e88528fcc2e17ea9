"use strict";
const KEY = "leukgan blind " + content.test;
const total = content.images.length;
const questions = ["origin", "class", "confidence"];
const nothing = () => ({ place: 0, answers: content.images.map(() => ({ seconds: 0 })) });
const last = loadState(KEY, { reader: "" }); // who started the page last
let state = nothing(); // of the reader who started it now: each has their own in this browser
let shownAt = null; // when the image came into sight; null while it is out of sight

const isAnswered = (answer) => questions.every((question) => answer[question] !== undefined);
const firstOpen = () => state.answers.findIndex((answer) => !isAnswered(answer)); // -1: none is open
const inTest = () => !byId("test").hidden;

function keep() {
  saveState(KEY, last);
  saveState(KEY + " " + last.reader, state);
}

function countSeconds() {
  if (shownAt === null) return;
  state.answers[state.place].seconds += (performance.now() - shownAt) / 1000;
  shownAt = null;
  keep();
}

function showScreen(name) {
  for (const screen of ["start", "test", "end"]) byId(screen).hidden = screen !== name;
  const answered = state.answers.filter(isAnswered).length;
  byId("progress").value = answered;
  byId("count").textContent = answered + " of " + total + " answered";
}

function showImage() {
  const answer = state.answers[state.place];
  const words = "Image " + (state.place + 1) + " of " + total;
  showScreen("test");
  byId("image").src = source(content.images[state.place]);
  byId("image").alt = words;
  byId("place").textContent = words;
  for (const input of document.querySelectorAll("#questions input")) {
    input.checked = answer[input.name] === input.value;
  }
  byId("back").disabled = state.place === 0;
  byId("next").disabled = !isAnswered(answer);
  if (document.visibilityState === "visible") shownAt = performance.now();
}

function goTo(place) {
  countSeconds();
  state.place = Math.max(0, Math.min(place, total - 1));
  showImage();
  keep();
}

function answer(question, value) {
  if (!inTest()) return false;
  state.answers[state.place][question] = value;
  countSeconds();
  showImage();
  keep();
}

function next() {
  if (!inTest() || !isAnswered(state.answers[state.place])) return false;
  if (state.place < total - 1) goTo(state.place + 1);
  else finish();
}

function finish() {
  countSeconds();
  showScreen("end");
  const done = firstOpen() < 0;
  byId("missing").hidden = done;
  byId("save").disabled = !done;
  byId(done ? "save" : "again").focus();
}

function start(event) {
  event.preventDefault();
  const name = byId("reader").value.trim();
  if (!name) return;
  last.reader = name;
  state = loadState(KEY + " " + name, nothing());
  showImage();
  keep();
  byId("test").focus();
}

function save() {
  const header = ["test", "reader", "item", "origin", "class", "confidence", "seconds"];
  const rows = state.answers.map((given, place) => [
    content.test, last.reader, place + 1, given.origin, given.class, given.confidence, given.seconds.toFixed(1),
  ]);
  const name = last.reader.replaceAll(/[^A-Za-z0-9]+/g, "-").replaceAll(/^-|-$/g, "");
  download("answers-" + (name || "reader") + ".csv", csv([header, ...rows]));
  byId("saved").hidden = false;
}

function zoom() {
  if (!inTest()) return false;
  byId("zoom").setAttribute("aria-pressed", String(byId("frame").classList.toggle("large")));
}

// The choices stand in the same order for every image.
function addChoices(question, choices) {
  for (const [key, value] of choices) {
    const input = element("input", { type: "radio", name: question, value });
    input.addEventListener("change", () => answer(question, value));
    const hint = key === value ? [] : [element("kbd", { textContent: key })];
    byId(question).append(element("label", { className: "choice" }, input, value, ...hint));
  }
}
addChoices("origin", [["R", "real"], ["G", "generated"]]);
addChoices("class", content.classes.map((name, place) => ["AB"[place], name]));
addChoices("confidence", ["1", "2", "3", "4", "5"].map((value) => [value, value]));

onKeys({
  r: () => answer("origin", "real"),
  g: () => answer("origin", "generated"),
  a: () => answer("class", content.classes[0]),
  b: () => answer("class", content.classes[1]),
  ...Object.fromEntries([..."12345"].map((value) => [value, () => answer("confidence", value)])),
  z: zoom,
  Enter: (event) => (event.target.matches("button") ? false : next()),
  Backspace: () => (inTest() ? goTo(state.place - 1) : false),
});

byId("start-form").addEventListener("submit", start);
byId("next").addEventListener("click", next);
byId("back").addEventListener("click", () => goTo(state.place - 1));
byId("zoom").addEventListener("click", zoom);
byId("finish").addEventListener("click", finish);
byId("save").addEventListener("click", save);
byId("again").addEventListener("click", () => {
  state.place = Math.max(0, firstOpen());
  showImage();
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") countSeconds();
  else if (inTest()) shownAt = performance.now();
});
window.addEventListener("pagehide", countSeconds);

byId("progress").max = total;
byId("reader").value = last.reader;
byId("total").textContent = total;
showScreen("start");
byId("reader").focus();
