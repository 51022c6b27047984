import { lookUp } from '#base';
import type { Secret } from '#api/types';

/** "Authenticating with Bootstrap Tokens": Secrets of this type, in this namespace, named after the public half of the token. */
export const bootstrapTokens = {
  type: 'bootstrap.kubernetes.io/token',
  namespace: 'kube-system',
  namePrefix: 'bootstrap-token-',
  userPrefix: 'system:bootstrap:',
  group: 'system:bootstrappers',
} as const;

const token = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const groupName = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/** The two halves of `abcdef.0123456789abcdef`; undefined for any other text. */
export function parseBootstrapToken(text: string): { id: string; secret: string } | undefined {
  const [, id, secret] = token.exec(text) ?? [];
  return id !== undefined && secret !== undefined ? { id, secret } : undefined;
}

/** What a Secret says of its token. */
export interface BootstrapToken {
  id: string;
  secret: string;
  /** Undefined: never. Texts that are no time count as the beginning of time, since nobody can tell when they would be over. */
  expires?: Date;
  forAuthentication: boolean;
  forSigning: boolean;
  /** Undefined: a group is named that no token may give. */
  groups?: string[];
}

/** Undefined when the Secret is of another type, or its name and content do not agree. */
export function bootstrapTokenOf({ type, data, metadata }: Secret): BootstrapToken | undefined {
  const text = (key: string): string => atob(lookUp(data, key) ?? '');
  const [id, secret] = [text('token-id'), text('token-secret')];
  if (type !== bootstrapTokens.type || !id || !secret || metadata.name !== bootstrapTokens.namePrefix + id) return undefined;
  const groups = groupsOf(text('auth-extra-groups'));
  const expires = bootstrapExpiration({ data });
  return {
    id,
    secret,
    ...(expires && { expires }),
    forAuthentication: text('usage-bootstrap-authentication') === 'true',
    forSigning: text('usage-bootstrap-signing') === 'true',
    ...(groups && { groups }),
  };
}

const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** Of a token's Secret, whatever else is in it. */
export function bootstrapExpiration({ data }: Pick<Secret, 'data'>): Date | undefined {
  const text = atob(data?.['expiration'] ?? '');
  if (!text) return undefined;
  const ms = rfc3339.test(text) ? Date.parse(text) : NaN;
  return new Date(Number.isNaN(ms) ? 0 : ms);
}

function groupsOf(extra: string): string[] | undefined {
  const named = extra === '' ? [] : extra.split(',');
  if (!named.every((name) => groupName.test(name))) return undefined;
  return [...new Set([bootstrapTokens.group, ...named])].sort();
}

export const hasExpired = ({ expires }: BootstrapToken, now: Date): boolean => expires !== undefined && expires <= now;
