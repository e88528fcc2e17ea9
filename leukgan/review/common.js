"use strict";
const byId = (id) => document.getElementById(id);
const content = JSON.parse(byId("content").textContent);

// The state survives a reload; a page in a browser that keeps nothing says so.
function loadState(key, empty) {
  try {
    localStorage.setItem(key + " works", "1");
    localStorage.removeItem(key + " works");
    return Object.assign(empty, JSON.parse(localStorage.getItem(key) || "{}"));
  } catch {
    byId("unkept").hidden = false;
    return empty;
  }
}

function saveState(key, state) {
  try {
    localStorage.setItem(key, JSON.stringify(state));
  } catch {
    byId("unkept").hidden = false;
  }
}

// Text becomes text: nothing on these pages is parsed as HTML.
function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const source = (image) => "data:" + content.mime + ";base64," + image;

function csv(rows) {
  const quoted = (value) => (/[",\r\n]/.test(value) ? '"' + value.replaceAll('"', '""') + '"' : value);
  return rows.map((row) => row.map((value) => quoted(String(value))).join(",") + "\n").join("");
}

function download(name, text) {
  const link = element("a", { download: name, href: URL.createObjectURL(new Blob([text], { type: "text/csv" })) });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

// Single keys are commands, except where text is typed or a shortcut of the browser is meant.
function onKeys(commands) {
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input[type=text], select");
    const command = commands[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (typing || !command || event.ctrlKey || event.metaKey || event.altKey) return;
    if (command(event) !== false) event.preventDefault();
  });
}
