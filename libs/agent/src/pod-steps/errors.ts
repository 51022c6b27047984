/** Why a container does not run yet: `state.waiting.reason`, in the kubelet's words. */
export type WaitingReason =
  | 'InvalidImageName'
  | 'ErrImageNeverPull'
  | 'ErrImagePull'
  | 'ImagePullBackOff'
  | 'CreateContainerConfigError'
  | 'CreateContainerError'
  | 'RunContainerError'
  | 'CrashLoopBackOff';

/** A container cannot be started now. Its status shows `reason` and `message`; it is tried again after `retryMs`. */
export class WaitingError extends Error {
  constructor(
    readonly reason: WaitingReason,
    message: string,
    readonly retryMs: number,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** What a pod needs before any container cannot be made now. Its events tell `reason` and `message`; all of it is tried again. */
export class PrepareError extends Error {
  readonly retryMs: number | undefined;

  constructor(
    readonly reason: 'FailedMount' | 'FailedMapVolume' | 'FailedCreatePodSandBox',
    message: string,
    /** `retryMs`: when it is tried again, where that is known better than by the number of tries. */
    { retryMs, ...options }: { cause: unknown; retryMs?: number },
  ) {
    super(message, options);
    this.retryMs = retryMs;
  }
}
