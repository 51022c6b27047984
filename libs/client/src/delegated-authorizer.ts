import type { KubeObject } from '#api';
import type { Clock } from '#base';
import { systemClock } from '#base';
import { resources } from '#objects';
import type { Authorize, OpsRequest } from '#telemetry';
import type { Api } from './contract.ts';
import { create } from './verbs.ts';

interface User {
  username: string;
  uid?: string;
  groups: readonly string[];
  extra?: Record<string, string[]>;
}

interface TokenReview extends KubeObject {
  spec: { token: string };
  status?: { authenticated?: boolean; user?: { username?: string; uid?: string; groups?: string[]; extra?: Record<string, string[]> } };
}

interface SubjectAccessReview extends KubeObject {
  spec: {
    user: string;
    uid?: string;
    groups: readonly string[];
    extra?: Record<string, string[]>;
    nonResourceAttributes?: { path: string; verb: string };
    resourceAttributes?: { verb: string; group: string; version: string; resource: string; subresource: string; name: string };
  };
  status?: { allowed?: boolean };
}

/**
 * Who may read `/metrics` is decided by the api-server: TokenReview says who a bearer is, SubjectAccessReview whether they may `get`
 * the path, or at a node (`node` is its name) the part of the node that the path shows. Answers are kept for ten seconds, as upstream's delegated authentication and authorization do; failures are not kept.
 */
export function delegatedAuthorizer(
  api: Api,
  { clock = systemClock, keepMs = 10_000, node }: { clock?: Clock; keepMs?: number; node?: string } = {},
): Authorize {
  const users = new ShortCache<User | undefined>(clock, keepMs);
  const verdicts = new ShortCache<boolean>(clock, keepMs);
  return async ({ token, certificate, path, verb }: OpsRequest) => {
    const user = certificate ? userOfCertificate(certificate) : token ? await users.get(token, () => userOfToken(api, token)) : undefined;
    if (!user) return 'unauthenticated';
    if (user.groups.includes('system:masters')) return 'allowed';
    const asked = node === undefined ? [{ nonResourceAttributes: { path, verb } }] : nodeAttributes(node, path, verb);
    for (const attributes of asked) {
      if (await verdicts.get(JSON.stringify([user, attributes]), () => mayAccess(api, user, attributes))) return 'allowed';
    }
    return 'forbidden';
  };
}

function userOfCertificate({ commonName, organizations }: NonNullable<OpsRequest['certificate']>): User {
  return { username: commonName, groups: [...organizations, 'system:authenticated'] };
}

async function userOfToken(api: Api, token: string): Promise<User | undefined> {
  const review = await create<TokenReview>(api, resources.tokenReviews, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    metadata: {},
    spec: { token },
  });
  const { authenticated, user } = review.status ?? {};
  if (!authenticated || !user?.username) return undefined;
  return { username: user.username, uid: user.uid, groups: user.groups ?? [], extra: user.extra };
}

type Attributes = Pick<SubjectAccessReview['spec'], 'nonResourceAttributes' | 'resourceAttributes'>;

/** Subresources of the node that its own port shows; any of them is enough (KEP-2862). `k8s.io/kubernetes/pkg/kubelet/server/auth.go` */
const shownAt = new Map<string, readonly string[]>([
  ['metrics', ['metrics']],
  ['stats', ['stats']],
  ['logs', ['log']],
  ['spec', ['spec']],
  ['checkpoint', ['checkpoint']],
  ['healthz', ['healthz', 'proxy']],
  ['configz', ['configz', 'proxy']],
  ['pods', ['pods', 'proxy']],
  ['runningpods', ['pods', 'proxy']],
]);

function nodeAttributes(name: string, path: string, verb: string): Attributes[] {
  const subresources = shownAt.get(path.split('/')[1] ?? '') ?? ['proxy'];
  return subresources.map((subresource) => ({
    resourceAttributes: { verb, group: '', version: 'v1', resource: 'nodes', subresource, name },
  }));
}

async function mayAccess(api: Api, user: User, attributes: Attributes): Promise<boolean> {
  const review = await create<SubjectAccessReview>(api, resources.subjectAccessReviews, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: {},
    spec: { user: user.username, uid: user.uid, groups: user.groups, extra: user.extra, ...attributes },
  });
  return review.status?.allowed === true;
}

/** Bounded, so that a client that tries one token after another cannot fill the memory. */
class ShortCache<V> {
  private readonly entries = new Map<string, { value: Promise<V>; untilMs: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly keepMs: number,
    private readonly limit = 1024,
  ) {}

  get(key: string, load: () => Promise<V>): Promise<V> {
    const now = this.clock.monotonicMs();
    const known = this.entries.get(key);
    if (known && known.untilMs > now) return known.value;
    const value = load();
    this.entries.delete(key);
    this.entries.set(key, { value, untilMs: now + this.keepMs });
    if (this.entries.size > this.limit) this.entries.delete(this.entries.keys().next().value!);
    value.catch(() => this.entries.delete(key));
    return value;
  }
}
