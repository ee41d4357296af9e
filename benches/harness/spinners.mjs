/**
 * One process per core that spins in the idle scheduling class: it takes time from nobody, but the cores never fall asleep.
 * On a virtual machine waking one costs more than a call does.
 */
import { spawn, spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

/** Starts them; the returned function ends them. They end by themselves when this process is gone. */
export function keepAwake() {
  if (spawnSync("chrt", ["-i", "0", "true"]).status !== 0) {
    process.stdout.write("no `chrt`: the cores may fall asleep between messages, lone calls look slower\n");
    return () => {};
  }
  const loop = `while kill -0 ${process.pid} 2>/dev/null; do :; done`;
  const spinners = Array.from({ length: availableParallelism() }, () =>
    spawn("chrt", ["-i", "0", "sh", "-c", loop], { stdio: "ignore" }),
  );
  const stop = () => {
    for (const spinner of spinners) spinner.kill("SIGKILL");
  };
  process.once("exit", stop);
  return stop;
}
