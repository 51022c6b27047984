import { invalid } from '../compose-error.ts';

/** RFC 1123, as names of services and pods have to be. */
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

export const projectLabel = 'compose.berth.dev/project';
export const serviceLabel = 'compose.berth.dev/service';
export const networkLabel = (network: string): string => `network.compose.berth.dev/${network}`;
/** Of what the pods read beside their image: a change of it brings new ones. */
export const contentAnnotation = 'compose.berth.dev/content';

/** A name that others resolve cannot be changed into one that can be served. */
export function hostName(name: string, path: string): string {
  if (LABEL.test(name)) return name;
  throw invalid(
    path,
    `${JSON.stringify(name)} is no DNS label, so that no service of a cluster can have the name: lower-case letters, digits and dashes`,
  );
}

/** The name of an object that only this file refers to: `_` and `.` become dashes. */
export function objectName(name: string, path: string): string {
  return hostName(name.toLowerCase().replaceAll(/[._]/g, '-'), path);
}

export interface Naming {
  project: string;
  namespace: string;
}

export function labelsOf({ project }: Naming, service?: string): Record<string, string> {
  return {
    'app.kubernetes.io/managed-by': 'berth-compose',
    [projectLabel]: project,
    ...(service !== undefined && { 'app.kubernetes.io/name': service, [serviceLabel]: service }),
  };
}
