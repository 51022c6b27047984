import type { ServedKind, WriteRequest, Written } from '../contract.ts';
import type { Core } from '../core.ts';
import { checkName } from './update.ts';
export type PatchRequest = Extract<WriteRequest, { verb: 'patch' }>;
export async function patch(core: Core, kind: ServedKind, request: PatchRequest): Promise<Written> {
  void core;
  void kind;
  void request;
  void checkName;
  throw new Error('pending');
}
