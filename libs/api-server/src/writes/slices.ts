import { atOnce, inSlices, type Slices } from '#api';
import { nextTurn } from '#base';
import type { WriteRequest } from '../contract.ts';

/** Up to this size all the steps of a write together take a few milliseconds, and those of many small ones some ten. */
export const atOnceBytes = 64 * 1024;

/** Ends a slice of the work of one write: everybody else has a turn before the next. */
export type EndSlice = () => Promise<void>;

/**
 * Lets the event loop serve others. An object of a megabyte takes tens of milliseconds to decode, merge and validate in one go, and every
 * other request would wait for it.
 */
export const endSlice: EndSlice = nextTurn;

/** Undefined where all steps of a write may be done at once: for all but the largest bodies and objects. */
export function slicesOf(request: WriteRequest, present?: { bytes: Uint8Array }): EndSlice | undefined {
  return (present?.bytes.length ?? 0) + bodyBytes(request) > atOnceBytes ? endSlice : undefined;
}

/** Size of what came in; 0 of what this process built itself, whose size nobody has measured. */
export const bodyBytes = (request: WriteRequest): number =>
  request.verb === 'delete' || 'value' in request.body ? 0 : request.body.bytes.length;

/**
 * Runs a write's steps to their end: in slices for large ones, else at once, which costs no turn of the event loop. Throws what a step
 * throws.
 */
export const done = <T>(slices: Slices<T>, end: EndSlice | undefined): T | Promise<T> => (end ? inSlices(slices, end) : atOnce(slices));
