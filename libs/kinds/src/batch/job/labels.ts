/** batch/v1: the labels by which a Job finds its pods, and pods their Job. The short ones are from before labels had prefixes. */
export const jobNameLabel = 'batch.kubernetes.io/job-name';
export const controllerUidLabel = 'batch.kubernetes.io/controller-uid';
export const jobNameLabels = ['job-name', jobNameLabel] as const;
export const controllerUidLabels = ['controller-uid', controllerUidLabel] as const;
