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

function onHide(event: PageTransitionEvent): void {
  for (const driver of [...drivers]) {
    driver.turn();
    driver.flush();
    if (driver.over) continue;
    if (event.persisted) driver.raw.suspend(driver.now());
    else driver.raw.leave(driver.now());
    driver.drain();
  }
}

function onShow(event: PageTransitionEvent): void {
  if (!event.persisted) return;
  for (const driver of [...drivers]) {
    driver.turn();
    driver.raw.resume(driver.now());
    driver.drain();
    driver.schedule();
  }
}
