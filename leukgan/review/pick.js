"use strict";
const KEY = "leukgan pick " + content.page;
const WORDS = { keep: "kept", drop: "dropped", "": "open" };
const ORDERS = { name: ["name", 1], critic: ["critic", -1], realism: ["realism", -1], near: ["distance", 1], far: ["distance", -1] };
const NUMBERS = [["critic", "critic score"], ["realism", "realism"], ["distance", "distance to the nearest training image"]];
const candidates = content.candidates;
const classes = Object.keys(content.origins);
const ours = candidates.every((candidate) => candidate.critic !== null); // drawn by the study's GANs

// Marks by name, keep or drop; steps hold the marks before each change, the last change last.
const state = loadState(KEY, { marks: {}, steps: [] });
const selected = new Set(); // places among the candidates
let shown = []; // places of the candidates in the grid, in its order
let current = 0; // index in `shown`
let enlarged = 0; // place of the image in the dialog, whose closing puts the focus back where it was opened

const markOf = (place) => state.marks[candidates[place].name] || "";

// Cards are made once; an image is decoded when its card comes near.
const watcher = new IntersectionObserver(
  (entries) => {
    for (const entry of entries.filter((entry) => entry.isIntersecting)) {
      entry.target.querySelector("img").src = source(content.images[entry.target.dataset.place]);
      watcher.unobserve(entry.target);
    }
  },
  { rootMargin: "600px" },
);

const cards = candidates.map((candidate, place) => {
  const image = element("img", { alt: "", width: 128, height: 128 });
  const button = element("button", { type: "button" }, image, candidate.name, element("span", { className: "state" }));
  const box = element("input", { type: "checkbox", ariaLabel: "Select " + candidate.name });
  const card = element("li", { className: "card" }, button, box);
  card.dataset.place = place;
  card.addEventListener("focusin", () => (current = shown.indexOf(place)));
  button.addEventListener("click", () => zoom(place));
  box.addEventListener("change", () => select([place], box.checked));
  watcher.observe(card);
  return card;
});

function showCard(place) {
  const mark = markOf(place);
  cards[place].className = "card " + mark;
  cards[place].querySelector(".state").textContent = WORDS[mark];
  cards[place].querySelector("input").checked = selected.has(place);
}

function showCounts() {
  const marks = candidates.map((_, place) => markOf(place));
  const decided = marks.filter(Boolean).length;
  const kept = classes.map((name) => candidates.filter((c, place) => c.class === name && marks[place] === "keep").length);
  byId("progress").value = decided;
  byId("count").textContent =
    decided + " of " + marks.length + " decided; kept: " + classes.map((name, i) => kept[i] + " " + name).join(", ");
  byId("undo").disabled = state.steps.length === 0;
  byId("export").disabled = !kept.some(Boolean);
  byId("keep-selected").disabled = byId("drop-selected").disabled = selected.size === 0;
  const use = ours ? "gans_from=" + content.run + " generation.selection=picks.csv" : "generated=FOLDER/picks.csv";
  byId("use").textContent = use + " generation.per_class=" + Math.max(...kept);
}

function arrange() {
  const [key, sign] = ORDERS[byId("sort").value];
  const wanted = byId("show").value;
  const of = byId("of").value;
  shown = [...candidates.keys()]
    .filter((place) => (!of || candidates[place].class === of) && (wanted === "all" || markOf(place) === wanted))
    .sort((a, b) => {
      const [x, y] = [candidates[a][key], candidates[b][key]];
      return x === y ? a - b : sign * (x < y ? -1 : 1);
    });
  byId("grid").replaceChildren(...shown.map((place) => cards[place]));
  byId("none").hidden = shown.length > 0;
  current = 0;
}

function mark(places, value) {
  const changed = places.filter((place) => markOf(place) !== value);
  if (!changed.length) return;
  state.steps.push(changed.map((place) => [candidates[place].name, markOf(place)]));
  for (const place of changed) state.marks[candidates[place].name] = value;
  showChange(changed);
}

function undo() {
  const before = new Map(state.steps.pop());
  for (const [name, value] of before) state.marks[name] = value;
  showChange([...candidates.keys()].filter((place) => before.has(candidates[place].name)));
  if (byId("zoomed").open) zoom(shown[current]);
}

function showChange(places) {
  saveState(KEY, state);
  places.forEach(showCard);
  showCounts();
}

function select(places, wanted) {
  for (const place of places) wanted ? selected.add(place) : selected.delete(place);
  places.forEach(showCard);
  showCounts();
}

function markSelected(value) {
  mark([...selected], value);
  select([...selected], false);
}

function focusOn(index) {
  if (!shown.length) return;
  current = Math.max(0, Math.min(index, shown.length - 1));
  if (byId("zoomed").open) zoom(shown[current]);
  else cards[shown[current]].querySelector("button").focus();
}

function decide(value) {
  if (!shown.length) return;
  mark([shown[current]], value);
  focusOn(current + 1);
}

// The next image that is neither kept nor dropped, from the top again at the end.
function nextOpen() {
  const order = shown.map((_, i) => (current + 1 + i) % shown.length);
  const found = order.find((index) => !markOf(shown[index]));
  if (found !== undefined) focusOn(found);
}

function zoom(place) {
  if (place === undefined) return;
  const candidate = candidates[place];
  enlarged = place;
  current = Math.max(0, shown.indexOf(place));
  byId("large").src = source(content.images[place]);
  byId("large").alt = "Generated image " + candidate.name;
  byId("real").src = source(content.nearest[place]);
  byId("name").textContent = candidate.name + ", " + WORDS[markOf(place)];
  const known = NUMBERS.filter(([key]) => candidate[key] !== null);
  byId("scores").textContent = known.map(([key, words]) => words + " " + candidate[key].toFixed(2)).join(", ");
  if (!byId("zoomed").open) byId("zoomed").showModal();
}

// At once and not on the event "close", which comes later: a key pressed in between would decide another image.
function closeZoom() {
  byId("zoomed").close();
  showNearest(false);
  focusOn(shown.indexOf(enlarged));
}

function showNearest(wanted) {
  byId("nearest").hidden = !wanted;
  byId("reveal").setAttribute("aria-pressed", String(wanted));
}

function reveal() {
  if (!byId("zoomed").open) zoom(shown[current]);
  showNearest(byId("nearest").hidden);
}

function save() {
  const kept = candidates.filter((_, place) => markOf(place) === "keep");
  const rows = kept.map((candidate) => [candidate.name, candidate.class, ...content.origins[candidate.class]]);
  download("picks.csv", csv([content.columns, ...rows]));
}

const columns = () => getComputedStyle(byId("grid")).gridTemplateColumns.split(" ").length;

function move(event, by) {
  const inGrid = byId("zoomed").open || event.target === document.body || event.target.closest("#grid");
  return inGrid ? focusOn(current + by) : false;
}

onKeys({
  k: () => decide("keep"),
  d: () => decide("drop"),
  u: undo,
  n: nextOpen,
  r: reveal,
  z: () => (byId("zoomed").open ? closeZoom() : zoom(shown[current])),
  Escape: () => (byId("zoomed").open ? closeZoom() : false),
  x: () => shown.length && select([shown[current]], !selected.has(shown[current])),
  ArrowRight: (event) => move(event, 1),
  ArrowLeft: (event) => move(event, -1),
  ArrowDown: (event) => move(event, columns()),
  ArrowUp: (event) => move(event, -columns()),
});

for (const id of ["sort", "show", "of"]) byId(id).addEventListener("change", arrange);
byId("undo").addEventListener("click", undo);
byId("export").addEventListener("click", save);
byId("select-shown").addEventListener("click", () => select(shown, !shown.every((place) => selected.has(place))));
byId("keep-selected").addEventListener("click", () => markSelected("keep"));
byId("drop-selected").addEventListener("click", () => markSelected("drop"));
byId("zoom-keep").addEventListener("click", () => decide("keep"));
byId("zoom-drop").addEventListener("click", () => decide("drop"));
byId("zoom-next").addEventListener("click", () => focusOn(current + 1));
byId("reveal").addEventListener("click", reveal);
byId("close").addEventListener("click", closeZoom);
byId("zoomed").addEventListener("cancel", (event) => {
  event.preventDefault(); // a gesture of the browser, such as "back"
  closeZoom();
});

byId("progress").max = candidates.length;
for (const name of classes) byId("of").append(element("option", { value: name, textContent: name }));
byId("of").parentElement.hidden = byId("equally").hidden = classes.length < 2;
byId("critic").disabled = !ours;
byId("others").hidden = ours;
candidates.forEach((_, place) => showCard(place));
arrange();
showCounts();
