// Show a cited equation, or a term of the glossary, beside its link: under the pointer, the focus or a finger.
(() => {
  const LINKS = "main a[href*='#equation-']:not(.headerlink), main a[href*='#term-']:not(.headerlink)";
  const script = document.currentScript.src;
  const box = document.createElement("div");
  box.id = "preview";
  box.popover = "manual";
  // A screen reader is not told: read out as plain text a formula would be wrong. The link leads to where it is right.
  box.ariaHidden = "true";
  let loaded, shown, timer;

  // All previews are in one script, fetched when the first is wanted: a page on disk may load scripts, but no pages.
  const load = () => (loaded ??= new Promise((resolve) => {
    const previews = document.createElement("script");
    previews.src = new URL("previews.js", script);
    previews.onload = resolve;
    document.head.append(previews);
  }));

  async function show(link) {
    clearTimeout(timer);
    if (link === shown) return;
    shown = link;
    await load();
    const content = window.previews[link.hash.slice(1)];
    if (link !== shown || !content) return;
    box.innerHTML = content;
    document.body.append(box);
    box.showPopover();
    place();
  }

  // Beside the link, also while the page scrolls: it does when the focus goes to a link that is out of sight.
  function place() {
    const [line] = shown.getClientRects();
    if (line.bottom < 0 || line.top > innerHeight) return hide();
    const fits = line.bottom + box.offsetHeight + 8 < innerHeight;
    box.style.top = `${fits ? line.bottom + 4 : Math.max(4, line.top - box.offsetHeight - 4)}px`;
    box.style.left = `${Math.max(8, Math.min(line.left, innerWidth - box.offsetWidth - 8))}px`;
  }

  function hide() {
    clearTimeout(timer);
    shown = null;
    box.remove();
  }

  const linkOf = (event) => event.target.closest?.(LINKS);
  document.addEventListener("pointerover", (event) => {
    const link = linkOf(event);
    if (link && event.pointerType === "mouse") show(link);
    else if (box.contains(event.target)) clearTimeout(timer);
  });
  document.addEventListener("pointerout", (event) => {
    if (linkOf(event) || box.contains(event.target)) timer = setTimeout(hide, 250);
  });
  document.addEventListener("focusin", (event) => {
    if (linkOf(event)?.matches(":focus-visible")) show(linkOf(event));
  });
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  document.addEventListener("scroll", () => box.isConnected && place(), { passive: true });
  document.addEventListener("click", (event) => {
    const link = linkOf(event);
    if (link && event.pointerType === "touch" && link !== shown) {
      event.preventDefault(); // the first touch shows, the second follows
      show(link);
    } else if (!box.contains(event.target)) hide();
  });
})();
