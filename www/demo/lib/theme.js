// A classic script in the head, so that the first paint has the right colours already.
// `theme.shown` is "light" or "dark"; a change is announced by the event "themechange".
{
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const stored = () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      // Storage is switched off, or this is a frame that may not have any.
      return null;
    }
  };
  let choice = stored() ?? "system";
  const show = () => {
    document.documentElement.dataset.theme = theme.shown;
    dispatchEvent(new CustomEvent("themechange", { detail: theme.shown }));
  };
  const theme = {
    get choice() {
      return choice;
    },
    get shown() {
      if (choice === "light" || choice === "dark") return choice;
      return dark.matches ? "dark" : "light";
    },
    choose(next) {
      choice = next === "light" || next === "dark" ? next : "system";
      try {
        localStorage.setItem("theme", choice);
      } catch {
        // Then the choice lasts as long as the page.
      }
      show();
    },
    /** What the page around this frame shows; nothing is stored. */
    follow(shown) {
      choice = shown === "dark" ? "dark" : "light";
      show();
    },
  };
  globalThis.theme = theme;
  dark.addEventListener("change", show);
  show();
}
