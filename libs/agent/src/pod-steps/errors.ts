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
  constructor(
    readonly reason: 'FailedMount' | 'FailedCreatePodSandBox',
    message: string,
    options: { cause: unknown },
  ) {
    super(message, options);
  }
}
