export { writeFileAtomic } from './atomic-file.ts';
export { Backoff } from './backoff.ts';
export { afterPoll, type Clock, nextTurn, systemClock } from './clock.ts';
export { type Digest, digestOf, isDigest } from './digest.ts';
export { fileChunks } from './file-chunks.ts';
export { compareNames, decodeName, encodeName, filePath, nameBytes } from './file-name.ts';
export {
  type ClientConfig,
  clientConfig,
  clientFlags,
  durationFlag,
  featureGates,
  fractionOf,
  FlagError,
  fileFlag,
  flagsOrExit,
  listFlag,
  numberFlag,
  portFlag,
  readFlag,
  requiredFlag,
} from './flags.ts';
export { goDuration } from './go-duration.ts';
export { guarded } from './guarded.ts';
export { collectWhenIdle } from './idle-collection.ts';
export { Int64, int64, parseExact } from './int64.ts';
export { KeyedLock } from './keyed-lock.ts';
export { type KnownKey, lookUp, setKey } from './record.ts';
export { removeTree } from './remove-tree.ts';
export { nameSuffix, type Random, systemRandom } from './random.ts';
export { CommandFailed, type CommandResult, mustRun, runCommand } from './run-command.ts';
export { systemReason } from './system-reason.ts';
export { withTimeLimit } from './time-limit.ts';
export { WorkQueue } from './work-queue.ts';
