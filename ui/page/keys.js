const KEEP = 8;
const NAME = "bertrieve-recent";
const box = () => document.querySelector(".st-key-q input");

function recent() {
  try {
    const kept = JSON.parse(localStorage.getItem(NAME));
    return Array.isArray(kept) ? kept.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

function keep(questions) {
  try {
    localStorage.setItem(NAME, JSON.stringify(questions.slice(0, KEEP)));
  } catch {
    // A browser that keeps nothing still searches.
  }
}

function ask(question) {
  const input = box();
  if (!input) return;
  // React hears of a value only when the element's own setter is called.
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(input, question);
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.focus();
}

function onKey(event) {
  if (event.key === "Enter" && event.target === box() && !event.isComposing) asked(event.target.value.trim());
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
  event.preventDefault();
  box()?.focus();
  box()?.select();
}

function asked(question) {
  if (!question) return;
  keep([question, ...recent().filter((one) => one !== question)]);
  // What is typed next replaces the address: this step stays for the back button.
  if (history.state?.asked !== question) {
    history.replaceState({ ...history.state, asked: question }, "", location.href);
    history.pushState({ asked: question }, "", location.href);
  }
}

function onClick(event) {
  const title = event.target.closest?.(".bv-hit .bv-title");
  if (title && !String(getSelection())) title.closest("[class*='st-key-hit-']")?.querySelector("[class*='st-key-open-'] button")?.click();
}

function button(text, act, name) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = name;
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

function showRecent(parent, data) {
  parent.querySelector(".bv-recent")?.remove();
  const questions = recent();
  if (!data.bare || !questions.length) return;
  const list = document.createElement("nav");
  list.className = "bv-recent";
  list.setAttribute("aria-label", data.recent);
  const label = document.createElement("span");
  label.textContent = data.recent;
  const forget = button(data.clear, () => (keep([]), list.remove()), "bv-clear");
  list.append(label, ...questions.map((one) => button(one, () => ask(one), "bv-chip")), forget);
  parent.append(list);
}

export default function ({ data, parentElement }) {
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  showRecent(parentElement, data);
  // Not where it would bring up a keyboard on the screen.
  if (matchMedia("(hover: hover)").matches && document.activeElement === document.body) box()?.focus();
  return () => {
    document.removeEventListener("keydown", onKey);
    document.removeEventListener("click", onClick);
  };
}
