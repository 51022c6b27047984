export { ComposeError } from './compose-error.ts';
export type { BuildPlan } from './convert/build.ts';
export { type Converted, type ConvertedService, convertProject } from './convert/convert-project.ts';
export type { Dependency } from './convert/dependencies.ts';
export { projectLabel, serviceLabel } from './convert/names.ts';
export type { Published } from './convert/ports.ts';
export type { Workload } from './convert/workload.ts';
export { loadProject } from './load/load-project.ts';
export type { ComposeFiles, LoadOptions, Project } from './load/project.ts';
