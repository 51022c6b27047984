import { atOnce, inSlices, type Slices } from '#api';
import { nextTurn } from '#base';
import type { WriteRequest } from '../contract.ts';

/** Up to this size all the steps of a write together take a few milliseconds, and those of many small ones some ten. */
export const atOnceBytes = 64 * 1024;

/** Ends a slice of the work of one write: everybody else has a turn before the next. */
export type EndSlice = () => Promise<void>;

export const endSlice: EndSlice = nextTurn;

/** Undefined where all steps of a write may be done at once: for all but the largest bodies and objects. */
export function slicesOf(request: WriteRequest, present?: { bytes: Uint8Array }): EndSlice | undefined {
  return (present?.bytes.length ?? 0) + bodyBytes(request) > atOnceBytes ? endSlice : undefined;
}

export const bodyBytes = (request: WriteRequest): number =>
  request.verb === 'delete' || 'value' in request.body ? 0 : request.body.bytes.length;

export const done = <T>(slices: Slices<T>, end: EndSlice | undefined): T | Promise<T> => (end ? inSlices(slices, end) : atOnce(slices));
