import type { Random } from '#base';

/**
 * One thing that reads what strangers send. A target makes inputs from a seeded random source and feeds them, one after the other, to
 * the real code. The engine (`fuzz.ts`) watches what every input costs; the target says what only it can see: a wrong answer, something
 * half written.
 */
export interface Target<Input = unknown> {
  /** As in `npm run fuzz -- --target NAME`. */
  readonly name: string;
  /** Its part of the inputs of a run, against those of the others. */
  readonly share: number;
  open(): Promise<OpenTarget<Input>>;
}

export interface OpenTarget<Input = unknown> {
  /** Pure: the same numbers from `random`, the same input. */
  make(random: Random): Input;
  /** Resolves when the input has been dealt with. A text: what was wrong. Whatever it throws is a finding too. */
  feed(input: Input): Promise<string | undefined>;
  /** Short enough for a message, whole enough to see what it was. */
  show(input: Input): string;
  close(): Promise<void>;
}

export interface Budget {
  /** Inputs a target gets, by its share; with `minutes` it goes on in rounds until they are over. */
  inputs: number;
  minutes?: number;
  seed: number;
  /** No input may hold the event loop for longer: the processor time of this thread between two turns of it. */
  sliceLimitMs: number;
}

export interface Finding {
  target: string;
  /** Of the round in which it was found. */
  seed: number;
  /** Which input of that round it was. */
  nth: number;
  what: string;
  input: string;
}
