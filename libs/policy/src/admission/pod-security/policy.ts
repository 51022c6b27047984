import { type FieldError, invalidValue } from '#api';
import { lookUp } from '#base';

const levels = ['privileged', 'baseline', 'restricted'] as const;
/** From least to most strict; each forbids all that the one before it does. */
export type Level = (typeof levels)[number];

/** A level as a given version of Kubernetes defined it, so that an upgrade of the cluster does not refuse what was allowed. */
export interface LevelVersion {
  level: Level;
  /** The minor version of Kubernetes 1.x. */
  version: number | 'latest';
}

/** Enforce refuses, audit notes, warn tells the client. Each has its own level (Pod Security Admission). */
export const modes = ['enforce', 'audit', 'warn'] as const;
export type Policy = Record<(typeof modes)[number], LevelVersion>;

const prefix = 'pod-security.kubernetes.io/';

export const isLevel = (text: string): text is Level => (levels as readonly string[]).includes(text);
export const levelComplaint = `must be one of ${levels.join(', ')}`;
export const versionComplaint = 'must be "latest" or "v1.x"';

/** Undefined: neither `latest` nor `v1.x`. */
export function parseVersion(text: string): number | 'latest' | undefined {
  if (text === 'latest') return 'latest';
  const minor = /^v1\.(0|[1-9]\d*)$/.exec(text)?.[1];
  return minor !== undefined && Number.isSafeInteger(Number(minor)) ? Number(minor) : undefined;
}

/** As messages and audit annotations write it: `restricted:latest`, `baseline:v1.30`. */
export const shown = ({ level, version }: LevelVersion): string => `${level}:${version === 'latest' ? version : `v1.${version}`}`;
export const samePolicy = (a: LevelVersion, b: LevelVersion): boolean => a.level === b.level && a.version === b.version;
/** Whether `a` forbids more than `b`. Versions are not looked at. */
export const stricter = (a: Level, b: Level): boolean => levels.indexOf(a) > levels.indexOf(b);

/**
 * What the labels of a namespace ask for. There is a policy also where they are wrong: enforcement is then as strict as can be, the other
 * two modes say nothing.
 */
export function policyOf(labels: Readonly<Record<string, string>> = {}, defaults: Policy): { policy: Policy; errors: FieldError[] } {
  const policy = { ...defaults };
  const errors: FieldError[] = [];
  const complain = (label: string, why: string): number =>
    errors.push(invalidValue(`metadata.labels[${label}]`, lookUp(labels, label), why));
  for (const mode of modes) {
    const [ofLevel, ofVersion] = [`${prefix}${mode}`, `${prefix}${mode}-version`];
    if (Object.hasOwn(labels, ofLevel)) {
      const level = lookUp(labels, ofLevel)!;
      if (!isLevel(level)) complain(ofLevel, levelComplaint);
      policy[mode] = { ...policy[mode], level: isLevel(level) ? level : mode === 'enforce' ? 'restricted' : 'privileged' };
    }
    if (Object.hasOwn(labels, ofVersion)) {
      const version = parseVersion(lookUp(labels, ofVersion)!);
      if (version === undefined) complain(ofVersion, versionComplaint);
      policy[mode] = { ...policy[mode], version: version ?? 'latest' };
    }
  }
  return { policy, errors };
}
