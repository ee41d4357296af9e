import type { Driver } from "./driver.js";
import { listen, unlisten } from "./intrinsics.js";

const drivers = new Set<Driver>();

/** Lets a driver know when the page is unloaded, frozen or back. One pair of listeners serves all. */
export function onPage(driver: Driver): () => void {
  // Workers and Node have no pages.
  if (!("onpagehide" in globalThis)) return () => undefined;
  if (!drivers.size) {
    listen(globalThis, "pagehide", onHide);
    listen(globalThis, "pageshow", onShow);
  }
  drivers.add(driver);
  return () => {
    if (!drivers.delete(driver) || drivers.size) return;
    unlisten(globalThis, "pagehide", onHide);
    unlisten(globalThis, "pageshow", onShow);
  };
}

function onHide({ persisted }: PageTransitionEvent): void {
  for (const { flush, take, raw, now, over } of [...drivers]) {
    take(() => {
      flush();
      if (over()) return;
      if (persisted) raw.suspend(now());
      else raw.leave(now());
    });
  }
}

function onShow({ persisted }: PageTransitionEvent): void {
  if (!persisted) return;
  for (const { take, raw, now, schedule } of [...drivers]) {
    take(() => raw.resume(now()));
    schedule();
  }
}

/** By the tree it stands in: what to do for each frame when something there is moved or removed. */
const trees = new Map<Node, { readonly observer: MutationObserver; readonly tasks: Set<() => void> }>();

/** Calls `task` when the frame may have been moved or removed; no event says so, and not every page a goodbye. */
export function whenMoved(frame: Element, task: () => void): () => void {
  const left = new Set<() => void>();
  // A frame in a shadow tree goes with its host.
  for (let node: Node | undefined = frame; node; ) {
    const root: Node = node.getRootNode();
    left.add(watch(root, task));
    node = (root as Partial<ShadowRoot>).host;
  }
  return () => {
    for (const leave of left) leave();
  };
}

function watch(root: Node, task: () => void): () => void {
  let tree = trees.get(root);
  if (!tree) {
    const tasks = new Set<() => void>();
    const observer = new MutationObserver(() => {
      for (const each of [...tasks]) each();
    });
    observer.observe(root, { childList: true, subtree: true });
    tree = { observer, tasks };
    trees.set(root, tree);
  }
  const { observer, tasks } = tree;
  tasks.add(task);
  return () => {
    tasks.delete(task);
    if (tasks.size) return;
    observer.disconnect();
    trees.delete(root);
  };
}
