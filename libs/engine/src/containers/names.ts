import type { Random } from '#base';
import { badParameter } from '../errors.ts';

const manners = [
  'amber',
  'brisk',
  'calm',
  'deft',
  'eager',
  'fair',
  'gentle',
  'hardy',
  'idle',
  'jolly',
  'keen',
  'lucid',
  'mild',
  'noble',
  'open',
  'plain',
];
const craft = [
  'barge',
  'brig',
  'canoe',
  'clipper',
  'cutter',
  'dinghy',
  'ferry',
  'galley',
  'ketch',
  'lugger',
  'punt',
  'schooner',
  'skiff',
  'sloop',
  'tug',
  'yawl',
];

/** For a container that nobody named. */
export function madeUpName(random: Random): string {
  const pick = (words: readonly string[]): string => words[random.below(words.length)]!;
  return `${pick(manners)}_${pick(craft)}_${random.bytes(3).toString('hex')}`;
}

/** Docker's rule for containers. Throws 400. */
export function checkName(name: string): void {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) return;
  throw badParameter(`Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
}
