// Everything on the pages can be read and used without this file; it only adds a button that copies the link.
"use strict";
for (const place of document.querySelectorAll("[data-copy]")) {
  const source = document.querySelector("[data-copy-source]");
  if (!source || !navigator.clipboard) continue;
  place.hidden = false;
  place.querySelector("[data-copy-button]").addEventListener("click", () => {
    const said = place.querySelector("[data-copy-said]");
    navigator.clipboard.writeText(source.value).then(
      () => { said.textContent = "Copied"; },
      () => { source.select(); said.textContent = "Select and copy it by hand"; },
    );
  });
}
