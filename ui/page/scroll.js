const seen = new Set();
const LONGEST = 3000; // ms that a picture may take

function target(top) {
  const picture = document.querySelector(".st-key-sheet img");
  if (!picture) return document.querySelector(".bv-here");
  if (top === null || !picture.complete || !picture.naturalHeight) return null;
  const place = document.createElement("span");
  place.style.cssText = `position: absolute; top: ${100 * top}%`;
  picture.parentElement.style.position = "relative";
  picture.parentElement.append(place);
  return place;
}

export default function ({ key, data, parentElement }) {
  const name = parentElement.closest("[class*='st-key-scroll-']")?.className ?? key;
  if (seen.has(name)) return;
  const began = performance.now();
  let waiting;
  const look = () => {
    const found = target(data.top);
    if (found) {
      found.scrollIntoView({ block: "center" });
      seen.add(name);
    } else if (performance.now() - began < LONGEST) {
      waiting = requestAnimationFrame(look);
    }
  };
  look();
  return () => {
    cancelAnimationFrame(waiting);
    seen.delete(name);
  };
}
