// How long a page's own tasks have to wait: what a user would feel as standing still.

/** Beats as often as timers may, until the returned function is called; that tells the longest gap. */
export function startPulse() {
  let beats = 0;
  let longest = 0;
  let last = performance.now();
  let timer;
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const beat = () => {
    look();
    beats += 1;
    timer = setTimeout(beat, 0);
  };
  timer = setTimeout(beat, 0);
  return () => {
    clearTimeout(timer);
    look();
    return { beats, longest: Math.round(longest) };
  };
}
