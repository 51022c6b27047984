import { memoryUsage, cpuUsage } from 'node:process';
import type { Clock } from './clock.ts';

/** What a process knows of itself. */
export interface OwnProcess {
  /** Collects everything that can be, and gives the pages back; undefined without `--expose-gc`. */
  collect: (() => void) | undefined;
  /** Has the C library give back the pages that it keeps for later. */
  trim(): Promise<void>;
  /** Bytes that the kernel has given it. */
  residentBytes(): number;
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
 * does not; and glibc keeps what is freed between blocks that are in use (ADR 12). Gives both back once such a process has become idle, and
 * again when it has grown since. Runs until the process ends, or `signal` aborts.
 */
export async function collectWhenIdle(clock: Clock, own: OwnProcess = thisProcess, signal = new AbortController().signal): Promise<void> {
  const { collect } = own;
  if (!collect) return;
  let keptBytes = 0;
  let usedMicros = Number.NEGATIVE_INFINITY;
  for await (const _now of clock.every(LOOK_MS, signal)) {
    const share = (own.usedMicros() - usedMicros) / (LOOK_MS * 1000);
    if (share < IDLE_SHARE && own.residentBytes() > keptBytes + WORTH_BYTES) {
      collect();
      await own.trim();
      keptBytes = own.residentBytes();
    }
    usedMicros = own.usedMicros();
  }
}

/** malloc_trim(3), on a thread of koffi's. Loaded when it is needed first: a process that is being started has other things to do. */
async function loadTrim(): Promise<() => Promise<void>> {
  const { default: koffi } = await import('koffi');
  const call = koffi.load('libc.so.6').func('int malloc_trim(size_t pad)');
  return () => new Promise((resolve, reject) => call.async(0, (err: Error | null) => (err ? reject(err) : resolve())));
}

let loaded: Promise<() => Promise<void>> | undefined;

const { gc } = globalThis;
const thisProcess: OwnProcess = {
  // Of the flavors only this one gives back pages at once and forgets code that has not run of late.
  collect: gc && (() => gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })),
  trim: async () => (await (loaded ??= loadTrim()))(),
  residentBytes: () => memoryUsage.rss(),
  usedMicros: () => {
    const { user, system } = cpuUsage();
    return user + system;
  },
};
