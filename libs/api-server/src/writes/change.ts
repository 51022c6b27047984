import type { KubeObject, Slices } from '#api';

/** What a PUT, a patch, an apply or a new scale makes of an object. */
export interface Change {
  /** The whole object as the request wants it, in the request's version; a patch makes it from the present one. */
  next(current: KubeObject, stored: KubeObject): Slices<KubeObject>;
  /** The object to create when there is none; without it, or when the kind does not allow that, 404. */
  whenAbsent?: () => Slices<KubeObject>;
  /** The present object must have this uid. */
  uid?: string;
  /** A patch or an apply. */
  patch?: 'patch' | 'apply';
}
