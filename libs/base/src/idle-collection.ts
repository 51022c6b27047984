import { memoryUsage, cpuUsage } from 'node:process';
import type { Clock } from './clock.ts';

/** What a process knows of itself. */
export interface OwnProcess {
  /** Collects everything that can be, and gives the pages back; undefined without `--expose-gc`. */
  collect: (() => void) | undefined;
  /** Bytes of the heap and of buffers outside it. */
  heldBytes(): number;
  /** Microseconds of processor time since the start. */
  usedMicros(): number;
}

const LOOK_MS = 20_000;
/** A collection costs tens of milliseconds: it has to be worth them. */
const WORTH_BYTES = 6 * 1024 * 1024;
/** Of the time between two looks; a process that does more has better use for its processor. */
const IDLE_SHARE = 0.05;

/**
 * V8 keeps what a burst of work (a start, above all) has made its heap grow to, since it collects when a process allocates and an idle one
 * does not. Collects once such a process has become idle, and again when it has grown since. Runs until the process ends, or `signal` aborts.
 */
export async function collectWhenIdle(clock: Clock, own: OwnProcess = thisProcess, signal = new AbortController().signal): Promise<void> {
  const { collect } = own;
  if (!collect) return;
  let collectedBytes = 0;
  let usedMicros = Number.NEGATIVE_INFINITY;
  for await (const _now of clock.every(LOOK_MS, signal)) {
    const share = (own.usedMicros() - usedMicros) / (LOOK_MS * 1000);
    if (share < IDLE_SHARE && own.heldBytes() > collectedBytes + WORTH_BYTES) {
      collect();
      collectedBytes = own.heldBytes();
    }
    usedMicros = own.usedMicros();
  }
}

const { gc } = globalThis;
const thisProcess: OwnProcess = {
  // Of the flavors only this one gives back pages at once and forgets code that has not run of late.
  collect: gc && (() => gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })),
  heldBytes: () => {
    const { heapTotal, external } = memoryUsage();
    return heapTotal + external;
  },
  usedMicros: () => {
    const { user, system } = cpuUsage();
    return user + system;
  },
};
