// Replaces the first page of the book by all of them, one after the other, as pdf.py hands them over.

const article = document.querySelector("article.bd-article");
const folder = new URL(".", location).pathname;
const pages = [...document.querySelectorAll(".bd-links a")].map((link) => link.pathname.replace(folder, ""));
const words = {
  title: document.querySelector(".logo__title").textContent,
  about: document.querySelector("meta[name=description]").content,
  footer: document.querySelector(".extra_footer").textContent,
};

// Empty the page, and say which pages make up the book: all but the index, which is of no use without page numbers.
function begin() {
  article.replaceChildren();
  article.parentElement.className = "bd-main bd-content";
  article.parentElement.replaceChildren(article); // without what the theme adds for print
  document.body.replaceChildren(article.parentElement);
  return pages.filter((page) => !page.startsWith("/"));
}

// A name that is unique in the book, for a place in a page.
const place = (page, id) => page.replace(".html", "") + (id && `.${id}`);

function add(name, html) {
  const page = new DOMParser().parseFromString(html, "text/html").querySelector("article.bd-article > section");
  for (const node of page.querySelectorAll("details.hide, .headerlink, script, .play-sliders, .download")) node.remove();
  for (const details of page.querySelectorAll("details")) details.open = true;
  for (const image of page.querySelectorAll("img")) image.loading = "eager";
  for (const node of page.querySelectorAll("[id]")) node.id = place(name, node.id);
  for (const link of page.querySelectorAll("a[href]")) {
    const to = new URL(link.getAttribute("href"), new URL(name, location));
    const target = to.pathname.replace(folder, "");
    if (pages.includes(target) && !target.startsWith("/")) {
      link.setAttribute("href", `#${place(target, decodeURIComponent(to.hash.slice(1)))}`);
    } else if (to.protocol === "file:") link.replaceWith(...link.childNodes);
  }
  // A formula is one picture with its TeX as the text, instead of hundreds of letters.
  for (const formula of page.querySelectorAll(".katex")) {
    formula.role = "img";
    formula.ariaLabel = formula.querySelector("annotation").textContent;
    formula.querySelector(".katex-mathml").remove();
  }
  page.id = place(name, "");
  page.className = "chapter";
  article.append(page);
}

// Put a title page and a table of contents before the pages.
function finish() {
  const entries = [...article.querySelectorAll(".chapter")].map((chapter) => {
    const entry = (heading, id) => `<a href="#${id}" data-page="0">${heading.innerHTML}</a>`;
    const sections = [...chapter.querySelectorAll(":scope > section > h2")];
    const inner = sections.map((heading) => `<li>${entry(heading, heading.parentElement.id)}</li>`).join("");
    return `<li>${entry(chapter.querySelector("h1"), chapter.id)}<ol>${inner}</ol></li>`;
  });
  const front = document.createElement("section");
  front.innerHTML = `<div class="title-page"><h1>${words.title}</h1><p>${words.about}</p>
    <img src="../_static/losses.svg" alt="The nine losses, each as a curve"><p>${words.footer}</p>
    <p>The code that draws, and the code of the proofs, is folded on the pages and left out here.</p></div>
    <div class="contents"><h1>Contents</h1><ol>${entries.join("")}</ol></div>`;
  article.prepend(front);
  return Promise.all([...document.images].map((image) => image.decode()));
}

// Write the page of each entry into the table of contents, and return the entries: level, title, place, page.
function number(pages) {
  return [...article.querySelectorAll(".contents a")].map((link) => {
    const name = decodeURIComponent(link.hash.slice(1));
    link.dataset.page = pages[name];
    return [link.closest("ol ol") ? 2 : 1, link.textContent, name, pages[name]];
  });
}
