import type { Api } from '#client/contract';
import { ApiError, type KubeObject } from '#api';
import type { Pod } from '#api/types';
import type { Clock } from '#base';
import { resources } from '#objects';

interface TokenRequest extends KubeObject {
  spec: {
    audiences?: string[];
    expirationSeconds?: number;
    boundObjectRef: { kind: string; apiVersion: string; name?: string; uid?: string };
  };
  status?: { token?: string; expirationTimestamp?: string };
}

/** Service-account tokens of pods: asked for through the TokenRequest subresource, bound to the pod, renewed at 80 % of their life or after a day. */
export class PodTokens {
  private readonly tokens = new Map<string, { token: string; renewAtMs: number; expiresAtMs: number }>();

  constructor(
    private readonly api: Api,
    private readonly clock: Clock,
  ) {}

  /**
   * A token that is good, when it ends and when to ask again, in milliseconds since the epoch. Throws when the API gives none and the last one is over.
   */
  async get(
    pod: Pod,
    { audience, expirationSeconds = 3600 }: { audience?: string; expirationSeconds?: number },
  ): Promise<{ token: string; renewAtMs: number; expiresAtMs: number }> {
    const key = `${pod.metadata.uid}|${audience ?? ''}|${expirationSeconds}`;
    const nowMs = this.clock.now().getTime();
    const known = this.tokens.get(key);
    if (known && nowMs < known.renewAtMs) return known;
    try {
      const fresh = await this.request(pod, { audience, expirationSeconds });
      this.tokens.set(key, fresh);
      return fresh;
    } catch (err) {
      if (known && nowMs < known.expiresAtMs) return { ...known, renewAtMs: nowMs + 60_000 }; // the old one still serves
      throw err;
    }
  }

  /** The pod is gone: the API no longer takes its tokens. */
  forget(uid: string): void {
    for (const key of this.tokens.keys()) if (key.startsWith(`${uid}|`)) this.tokens.delete(key);
  }

  private async request(pod: Pod, { audience, expirationSeconds }: { audience?: string; expirationSeconds: number }) {
    const { namespace = '', name, uid } = pod.metadata;
    const account = pod.spec.serviceAccountName || 'default';
    const object: TokenRequest = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { name: account, namespace },
      spec: { ...(audience && { audiences: [audience] }), expirationSeconds, boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid } },
    };
    const [result] = await this.api.writeMany([
      { verb: 'create', resource: resources.serviceAccounts, subresource: 'token', namespace, name: account, object, wantObject: true },
    ]);
    if (!result?.ok) throw result ? ApiError.fromStatus(result.status) : new Error('the token request got no answer');
    const { token, expirationTimestamp } = (result.object as TokenRequest | undefined)?.status ?? {};
    if (!token) throw new Error('the token request was answered without a token');
    const nowMs = this.clock.now().getTime();
    const expiresAtMs = expirationTimestamp ? Date.parse(expirationTimestamp) : nowMs + expirationSeconds * 1000;
    return { token, expiresAtMs, renewAtMs: Math.min(nowMs + (expiresAtMs - nowMs) * 0.8, nowMs + 86_400_000) };
  }
}
