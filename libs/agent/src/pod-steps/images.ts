import { ApiError } from '#api';
import type { Container, EphemeralContainer, Pod, Secret } from '#api/types';
import { Backoff, systemReason } from '#base';
import { defaultPullPolicy } from '#objects';
import { RuntimeError } from '#runtime/contract';
import type { Image, RegistryCredentials } from '#runtime/images.contract';
import type { AgentContext } from '../context.ts';
import type { PodEvent } from '../observed.ts';
import type { PodObjects } from '../volumes/pod-objects.ts';
import { credentialsFor } from './pull-credentials.ts';
import { WaitingError } from './errors.ts';

/** Images for the containers of one pod, with the kubelet's reasons, events and back-off (10 s doubling to 5 min). */
export class PodImages {
  private readonly backoff = new Backoff<string>(10_000, 300_000);
  /** By reference: until when it is not asked for again, and why. */
  private readonly refused = new Map<string, { untilMs: number; message: string; told: boolean }>();

  constructor(
    private readonly context: Pick<AgentContext, 'images' | 'clock' | 'metrics' | 'logger'>,
    private readonly objects: Pick<PodObjects, 'secretObject'>,
    private readonly event: (container: string, event: PodEvent) => void,
  ) {}

  /** The image, pulled when the policy wants it. Throws WaitingError. */
  async ensure(pod: Pod, container: Container | EphemeralContainer, signal: AbortSignal): Promise<Image> {
    const reference = container.image ?? '';
    const tell = (event: PodEvent): void => this.event(container.name, event);
    const present = await this.lookUp(reference, tell);
    const policy = container.imagePullPolicy ?? defaultPullPolicy(reference);
    if (present && policy !== 'Always') {
      tell({ type: 'Normal', reason: 'Pulled', message: `Container image "${reference}" already present on machine` });
      return present;
    }
    if (policy === 'Never') {
      const message = `Container image "${reference}" is not present with pull policy of Never`;
      tell({ type: 'Warning', reason: 'ErrImageNeverPull', message });
      tell({ type: 'Warning', reason: 'Failed', message: 'Error: ErrImageNeverPull' });
      throw new WaitingError('ErrImageNeverPull', message, 10_000);
    }
    this.checkBackoff(reference, tell);
    return this.pull(pod, reference, { tell, signal });
  }

  private async lookUp(reference: string, tell: (event: PodEvent) => void): Promise<Image | undefined> {
    try {
      return await this.context.images.get(reference);
    } catch (err) {
      if (codeOf(err) !== 'invalid-image-name') throw err;
      const message = `Failed to apply default image tag "${reference}": couldn't parse image name "${reference}": invalid reference format`;
      tell({ type: 'Warning', reason: 'InspectFailed', message });
      tell({ type: 'Warning', reason: 'Failed', message: 'Error: InvalidImageName' });
      throw new WaitingError('InvalidImageName', message, 60_000, { cause: err });
    }
  }

  /** Of a reference, whichever container of the pod asks. */
  private checkBackoff(reference: string, tell: (event: PodEvent) => void): void {
    const refused = this.refused.get(reference);
    const leftMs = (refused?.untilMs ?? 0) - this.context.clock.now().getTime();
    if (!refused || leftMs <= 0) return;
    const message = `Back-off pulling image "${reference}"`;
    if (!refused.told) {
      refused.told = true;
      tell({ type: 'Normal', reason: 'BackOff', message });
      tell({ type: 'Warning', reason: 'Failed', message: 'Error: ImagePullBackOff' });
    }
    throw new WaitingError('ImagePullBackOff', `${message}: ErrImagePull: ${refused.message}`, leftMs);
  }

  private async pull(
    pod: Pod,
    reference: string,
    { tell, signal }: { tell: (event: PodEvent) => void; signal: AbortSignal },
  ): Promise<Image> {
    const { clock, metrics } = this.context;
    tell({ type: 'Normal', reason: 'Pulling', message: `Pulling image "${reference}"` });
    const began = clock.monotonicMs();
    try {
      const image = await this.pullWithSecrets(pod, reference, signal);
      const took = (clock.monotonicMs() - began) / 1000;
      metrics.imagePullSeconds.observe(took);
      this.backoff.reset(reference);
      this.refused.delete(reference);
      const seconds = took < 1 ? `${Math.round(took * 1000)}ms` : `${took.toFixed(3)}s`;
      tell({
        type: 'Normal',
        reason: 'Pulled',
        message: `Successfully pulled image "${reference}" in ${seconds} (${seconds} including waiting). Image size: ${image.sizeBytes} bytes.`,
      });
      return image;
    } catch (err) {
      if (signal.aborted) throw err;
      this.context.logger.warn({ err, image: reference }, 'an image could not be pulled');
      const message = systemReason(err);
      tell({ type: 'Warning', reason: 'Failed', message: `Failed to pull image "${reference}": ${message}` });
      tell({ type: 'Warning', reason: 'Failed', message: 'Error: ErrImagePull' });
      this.refused.set(reference, { untilMs: clock.now().getTime() + this.backoff.nextMs(reference), message, told: false });
      // Looked at again soon, when it shows as backed off; tried again when that is over.
      throw new WaitingError('ErrImagePull', message, 1_000, { cause: err });
    }
  }

  /** With each set of credentials that names the registry, then without any. */
  private async pullWithSecrets(pod: Pod, reference: string, signal: AbortSignal): Promise<Image> {
    const found: RegistryCredentials[] = [];
    for (const { name } of pod.spec.imagePullSecrets ?? []) {
      const secret = name ? await this.readSecret(name) : undefined;
      if (secret) found.push(...credentialsFor(secret, reference));
    }
    let failure: unknown;
    for (const credentials of [...found, undefined]) {
      try {
        return await this.context.images.pull(reference, { signal, ...(credentials && { credentials }) });
      } catch (err) {
        if (codeOf(err) !== 'unauthorized') throw err;
        failure ??= err;
      }
    }
    throw failure;
  }

  /** A secret that is not there is no reason not to pull (Kubernetes, "Specifying imagePullSecrets on a Pod"). */
  private async readSecret(name: string): Promise<Secret | undefined> {
    try {
      return await this.objects.secretObject(name);
    } catch (err) {
      if (err instanceof ApiError && err.code === 403) return undefined;
      throw err;
    }
  }
}

const codeOf = (err: unknown): RuntimeError['code'] | undefined => (err instanceof RuntimeError ? err.code : undefined);
