(() => {
  const figure = document.currentScript.parentElement;
  const changes = JSON.parse(figure.querySelector("[type='application/json']").textContent);
  const elements = [...figure.querySelectorAll("[data-live]")];
  const sliders = [...figure.querySelectorAll("input")];
  const spoken = (element) => element.hasAttribute("aria-live");
  let timer;

  function words(part) {
    if (typeof part === "string") return part;
    const [strides, values] = part;
    return values[sliders.reduce((sum, slider, k) => sum + slider.value * strides[k], 0)];
  }

  function set(element) {
    for (const [name, parts] of Object.entries(changes[elements.indexOf(element)])) {
      const value = parts.map(words).join(" ").trimEnd();
      if (name) element.setAttribute(name, value);
      else if (element.textContent !== value) element.textContent = value;
    }
  }

  function speak() {
    timer = undefined;
    elements.filter(spoken).forEach(set);
  }

  function show() {
    elements.filter((element) => !spoken(element)).forEach(set);
    timer ??= setTimeout(speak, 200); // a screen reader reads it out: not at every pixel
  }

  for (const slider of sliders) slider.addEventListener("input", show);
  figure.querySelector(".play-sliders").hidden = false;
  figure.querySelector(".play-still").hidden = true;
  show(); // a browser that comes back to a page puts the sliders where they were
})();
