/** The controller-manager's flags of these names, in milliseconds, with their defaults upstream. */
export interface AutoscalerSettings {
  /** `--horizontal-pod-autoscaler-sync-period` */
  syncPeriodMs: number;
  /** `--horizontal-pod-autoscaler-downscale-stabilization` */
  downscaleStabilizationMs: number;
  /** `--horizontal-pod-autoscaler-tolerance`: how far the ratio of what is to what should be may be from 1. */
  tolerance: number;
  /** `--horizontal-pod-autoscaler-cpu-initialization-period`: so long after its start a pod's processor is not believed while it is not ready. */
  cpuInitializationMs: number;
  /** `--horizontal-pod-autoscaler-initial-readiness-delay`: who has not been ready within this has never been. */
  initialReadinessDelayMs: number;
  /** The feature gate HPAScaleToZero. */
  scaleToZero: boolean;
}

export const defaultAutoscalerSettings: AutoscalerSettings = {
  syncPeriodMs: 15_000,
  downscaleStabilizationMs: 300_000,
  tolerance: 0.1,
  cpuInitializationMs: 300_000,
  initialReadinessDelayMs: 30_000,
  scaleToZero: false,
};
